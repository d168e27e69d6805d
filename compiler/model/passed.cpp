#include "compiler/model/passed.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/embedded.h"
#include "compiler/model/path_pattern.h"

namespace lcr::elaboration {
namespace {

struct Rule {
  const syntax::Copy* copy;
  Role role;
  std::vector<PathPattern> patterns;
};

// Of the paths that one range may give.
constexpr int64_t most = 4096;

// `{low..<high}` in a path gives one path for each number.
std::vector<std::string> spread(Elaborator& elaborator, const Scope& scope, const syntax::Path& path) {
  const size_t range = path.text.find("..<");
  if (range == std::string::npos) return {path.text};
  auto pieces = cut_at_braces(path.text);
  std::vector<std::string> paths;
  Locals none;
  Frame frame{none, scope};
  if (pieces && pieces->size() == 3) {
    const std::string& inside = (*pieces)[1];
    const size_t at = inside.find("..<");
    auto low = parse_embedded(inside.substr(0, at), path.span), high = parse_embedded(inside.substr(at + 3), path.span);
    if (low && high) {
      const int64_t first = whole_of(elaborator.evaluate(*low, frame)).value_or(0);
      const int64_t last = whole_of(elaborator.evaluate(*high, frame)).value_or(-1);
      for (int64_t i = first; i < last && i - first < most; ++i)
        paths.push_back(fmt::format("{}{}{}", (*pieces)[0], i, (*pieces)[2]));
      if (last >= first) return paths;
    }
  }
  elaborator.fail(codes::L7017, path.span, "the braces of this path hold no range of whole numbers");
  return {};
}

void collect(Elaborator& elaborator, const Scope& scope, const Spelling& spelling, std::vector<Rule>& rules) {
  for (const syntax::Copy* copy : scope.description->copies) {
    Locals none;
    Frame frame{none, scope, true};
    if (copy->when) {
      Term holds = elaborator.evaluate(*copy->when, frame);
      if (!holds.is<bool>() || !*holds.as<bool>()) continue;
    }
    Rule rule{copy, Role::None, {}};
    if (copy->role) {
      auto role = role_named(copy->role->text);
      if (!role) {
        elaborator.fail(codes::L7011, copy->role->span, fmt::format("there is no role `{}`", copy->role->text));
        continue;
      }
      rule.role = *role;
    }
    for (std::string& path : spread(elaborator, scope, copy->path)) {
      spelling.apply(path);
      rule.patterns.emplace_back(path);
    }
    rules.push_back(std::move(rule));
  }
  for (const auto& [name, part] : scope.parts) collect(elaborator, *part, spelling, rules);
}

const Rule* rule_of(const std::vector<Rule>& rules, std::string_view name) {
  for (const Rule& rule : rules)
    for (const PathPattern& pattern : rule.patterns)
      if (pattern.match(name)) return &rule;
  return nullptr;
}

// An opaque module while its tensors are gathered.
struct Opaque {
  TemplateModule declared;
  Module module;

  void add(ModelGraph& graph, std::string name, Dims shape, TensorView view) {
    if (name == "weight" && shape.size() == 2) {
      declared.out = module.out = shape[0];
      declared.in = module.in = shape[1];
    }
    declared.tensors.push_back({std::move(name), std::move(shape)});
    graph.tensors.push_back(std::move(view));
    ++module.tensor_count;
  }
};

Opaque declare(ModelGraph& graph, const Checkpoint& checkpoint, const Codecs& codecs, std::string_view parent,
               const std::vector<uint32_t>& places) {
  Opaque made;
  made.declared.path = parent;
  made.declared.kind = made.module.kind = ModuleKind::Opaque;
  made.declared.roles = made.module.roles = graph.passed[places[0]].role;
  made.module.local = static_cast<uint32_t>(graph.templates[0].modules.size());
  made.module.first_tensor = static_cast<uint32_t>(graph.tensors.size());
  std::vector<uint32_t> coded;
  Dims shape;
  if (auto weight = codecs.undeclared_weight(std::string(parent), shape)) {
    coded = weight->view.sources;
    made.module.source_codec = static_cast<uint32_t>(weight->view.codec);
    made.add(graph, "weight", std::move(shape), std::move(weight->view));
  }
  for (uint32_t place : places) {
    Passed& passed = graph.passed[place];
    passed.module = static_cast<uint32_t>(graph.modules.size());
    if (std::find(coded.begin(), coded.end(), passed.tensor) != coded.end()) continue;
    const StoredTensor& stored = checkpoint.tensors[passed.tensor];
    TensorView view;
    view.sources.push_back(passed.tensor);
    view.dtype = stored.dtype;
    made.add(graph, std::string(stored.name.substr(parent.empty() ? 0 : parent.size() + 1)), stored.shape,
             std::move(view));
  }
  return made;
}

}  // namespace

void pass_on(ModelGraph& graph, Elaborator& elaborator, const Checkpoint& checkpoint, const Codecs& codecs,
             const Spelling& spelling, std::vector<bool>& used, TextArena& arena) {
  std::vector<Rule> rules;
  collect(elaborator, elaborator.scope(), spelling, rules);
  std::map<std::string_view, std::vector<uint32_t>> opaque;  // places in graph.passed, by parent path
  for (uint32_t i = 0; i < used.size(); ++i) {
    if (used[i]) continue;
    const std::string_view name = checkpoint.tensors[i].name;
    const Rule* rule = rule_of(rules, name);
    if (!rule) continue;
    used[i] = true;
    graph.passed.push_back({i, rule->copy->drop, rule->role, none_id});
    const size_t dot = name.rfind('.');
    if (!rule->copy->drop)
      opaque[name.substr(0, dot == std::string_view::npos ? 0 : dot)].push_back(
          static_cast<uint32_t>(graph.passed.size() - 1));
  }
  for (const auto& [parent, places] : opaque) {
    Opaque made = declare(graph, checkpoint, codecs, parent, places);
    made.module.path = arena.keep(parent);
    graph.templates[0].modules.push_back(std::move(made.declared));
    graph.modules.push_back(made.module);
  }
}

}  // namespace lcr::elaboration
