#include "compiler/server/places.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "stdlib/stdlib.h"

namespace lcr::server {
namespace {

namespace fs = std::filesystem;

ModelPlace place_from(const std::string& path, bool tree, const fs::path& folder) {
  if (path.empty()) return {};
  return {fs::path(path).is_absolute() ? path : (folder / path).lexically_normal().string(), tree};
}

}  // namespace

ModelPlace place_in(const Json& options, const std::string& folder) {
  if (const std::string path = text_of(member(options, "model")); !path.empty()) return place_from(path, false, folder);
  return place_from(text_of(member(options, "tree")), true, folder);
}

ModelPlace place_in_text(const Document& document) {
  const fs::path folder = fs::path(document.path).parent_path();
  const uint32_t header = document.parsed->tree.header.span.begin;
  for (const syntax::Comment& comment : document.parsed->tree.comments) {
    if (!comment.own_line || comment.doc || (header > 0 && comment.span.begin > header)) continue;
    for (const char* word : {"# model: ", "# tree: "})
      if (comment.text.starts_with(word)) return place_from(comment.text.substr(std::string_view(word).size()), word[2] == 't', folder);
  }
  return {};
}

std::shared_ptr<const Parsed> parse_module(const std::string& name) {
  const auto text = stdlib::find(name);
  if (!text) return nullptr;
  std::string path = name;
  std::replace(path.begin(), path.end(), '.', '/');
  return parse_text(path + ".lcr", std::string(*text));
}

std::shared_ptr<const Parsed> parse_file(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return nullptr;
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return nullptr;
  return parse_text(path, text.str());
}

}  // namespace lcr::server
