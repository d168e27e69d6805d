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

using syntax::Graph;

// The keys that a description's config names, also where `or` did not come to them or a condition left them out.
class Mentions {
 public:
  Mentions(const Scope& scope, std::set<std::string>& keys) : scope_(scope), keys_(keys) {
    for (const syntax::Setting* setting : scope.description->settings) {
      read(setting->value);
      if (setting->target) declared_.insert(setting->target->name.text);
    }
  }

 private:
  // "rope_scaling.factor"; empty when it does not start at a key.
  std::string path(const Graph& graph) const {
    if (graph.kind == Graph::Kind::Operation && !graph.called)
      return declared_.contains(graph.text) ? std::string() : graph.text;
    if (graph.kind != Graph::Kind::Member) return {};
    std::string front = path(graph.operands[0]);
    return front.empty() ? front : front + "." + graph.text;
  }

  void read(const Graph& graph) {
    if (std::string found = path(graph); !found.empty()) keys_.insert(scope_.root + found);
    for (const Graph& operand : graph.operands) read(operand);
    for (const syntax::GraphArgument& argument : graph.arguments) read(argument.value[0]);
    for (const syntax::Body& body : graph.bodies)
      for (const syntax::Step& step : body.steps)
        for (const Graph& value : step.values) read(value);
  }

  const Scope& scope_;
  std::set<std::string>& keys_;
  std::set<std::string> declared_;
};

void mention(const Scope& scope, std::set<std::string>& keys) {
  Mentions(scope, keys);
  for (const auto& [name, part] : scope.parts) mention(*part, keys);
}

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
  std::set<std::string> known = read;
  mention(scope, known);
  collect(scope, known, unread);
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
