#include "compiler/model/config_keys.h"

#include <algorithm>
#include <array>

namespace lcr::elaboration {
namespace {

constexpr std::string_view ignored[] = {
#define LCR_IGNORED_KEY(key) key,
#include "compiler/model/ignored_keys.def"
#undef LCR_IGNORED_KEY
};

void collect(const Scope& scope, const std::set<std::string>& read, std::vector<std::string>& unread) {
  for (const auto& [key, value] : scope.config->members) {
    const std::string path = scope.root + key;
    // A key that is null says nothing.
    if (value.kind == Json::Kind::Null || read.contains(path)) continue;
    if (std::find(std::begin(ignored), std::end(ignored), key) != std::end(ignored)) continue;
    if (std::find(unread.begin(), unread.end(), path) == unread.end()) unread.push_back(path);
  }
  for (const auto& [name, part] : scope.parts) collect(*part, read, unread);
}

}  // namespace

std::vector<std::string> unread_keys(const Scope& scope, const std::set<std::string>& read) {
  std::vector<std::string> unread;
  collect(scope, read, unread);
  return unread;
}

std::optional<Dtype> dtype_of(const Json& config) {
  static constexpr std::array<std::pair<std::string_view, Dtype>, 3> names{
      {{"bfloat16", Dtype::BF16}, {"float16", Dtype::F16}, {"float32", Dtype::F32}}};
  for (const Json* object : {&config, config.find("text_config")}) {
    for (std::string_view key : {"dtype", "torch_dtype"}) {
      if (!object) continue;
      const std::string_view text = object->text_of(key);
      for (const auto& [name, dtype] : names)
        if (text == name) return dtype;
    }
  }
  return std::nullopt;
}

}  // namespace lcr::elaboration
