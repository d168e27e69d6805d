#include "cli/git_revision.h"

#include <cstdlib>
#include <vector>

#include <fcntl.h>
#include <fmt/core.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/diagnostics/codes/review.h"

extern char** environ;

namespace lcr::cli {

namespace {

namespace fs = std::filesystem;

// What a program prints, without its last line end; nothing when it fails or is not there. No shell reads the words.
std::optional<std::string> output_of(const std::vector<std::string>& words) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; failed == 0 && (count = read(ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<size_t>(count));
  close(ends[0]);
  int status = 1;
  if (failed == 0) waitpid(child, &status, 0);
  if (status != 0) return std::nullopt;
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

std::optional<GitRevision> GitRevision::open(Session& session, const std::string& revision, const std::string& recipe) {
  const auto fail = [&](const std::string& message, const std::string& help) -> std::optional<GitRevision> {
    session.diagnostics.report(codes::L0020, message).help(help);
    return std::nullopt;
  };
  const fs::path place = fs::absolute(recipe).lexically_normal();
  const std::string inside = place.parent_path().string();
  const auto root = output_of({"git", "-C", inside, "rev-parse", "--show-toplevel"});
  const auto prefix = output_of({"git", "-C", inside, "rev-parse", "--show-prefix"});
  if (!root || !prefix)
    return fail(fmt::format("`{}` lies in no git repository", recipe),
                "give two recipes, or run in a checkout with `git` installed");
  const auto commit =
      output_of({"git", "-C", *root, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"});
  if (!commit)
    return fail(fmt::format("the repository has no revision `{}`", revision), "`git log` shows which there are");
  GitRevision result;
  result.recipe_ = *prefix + place.filename().string();
  if (!output_of({"git", "-C", *root, "cat-file", "-e", fmt::format("{}:{}", *commit, result.recipe_)}))
    return fail(fmt::format("`{}` does not exist at the revision `{}`", result.recipe_, revision),
                "name a revision that has it");
  std::string pattern = (fs::temp_directory_path() / "lcr-diff-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr)
    return fail("no temporary folder can be made", "check that the folder of TMPDIR may be written");
  result.folder_ = pattern;
  const std::string archive = result.folder_ + "/files.tar";
  if (!output_of({"git", "-C", *root, "archive", "--format=tar", "-o", archive, *commit, ":(glob)**/*.lcr"}) ||
      !output_of({"tar", "-xf", archive, "-C", result.folder_}))
    return fail(fmt::format("the recipes of the revision `{}` cannot be read", revision), "`git` and `tar` are needed");
  return result;
}

GitRevision::~GitRevision() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

}  // namespace lcr::cli
