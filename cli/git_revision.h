#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/session.h"

namespace lcr::cli {

// The .lcr files of a repository as they were at a revision, in a folder of their own that goes away with the object:
// a recipe is read together with what it uses.
class GitRevision {
 public:
  // `recipe` is a path in the working tree. Reports L0020 when there is no repository, revision or file.
  static std::optional<GitRevision> open(Session& session, const std::string& revision, const std::string& recipe);
  GitRevision(GitRevision&& other) noexcept : folder_(std::move(other.folder_)), recipe_(std::move(other.recipe_)) { other.folder_.clear(); }
  ~GitRevision();

  const std::string& folder() const { return folder_; }
  // Where the recipe stands in it.
  std::string path() const { return (std::filesystem::path(folder_) / recipe_).string(); }

 private:
  GitRevision() = default;

  std::string folder_, recipe_;
};

}  // namespace lcr::cli
