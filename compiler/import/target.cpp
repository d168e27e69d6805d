#include "compiler/import/target.h"

#include <algorithm>
#include <cctype>
#include <tuple>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/import.h"

namespace lcr::foreign {
namespace {

using Kind = Target::Kind;

// Classes are single words in camel case, names have dots or begin in lower case.
Kind kind_of(std::string_view text) {
  if (text == "Linear" || text == "LinearBase") return Kind::Linear;
  if (text == "Embedding") return Kind::Embedding;
  if (text.empty() || std::isupper(static_cast<unsigned char>(text[0])) == 0 ||
      text.find('.') != std::string_view::npos)
    return Kind::Name;
  if (text.ends_with("Attention")) return Kind::Attention;
  for (std::string_view word : {"Router", "Gate", "Gating"})
    if (text.find(word) != std::string_view::npos) return Kind::Router;
  return Kind::Other;
}

int rank(Kind kind) { return kind == Kind::Name ? 0 : kind == Kind::Expression ? 1 : 2; }

}  // namespace

std::optional<Target> read_target(const Node& node, Diagnostics& diagnostics) {
  Target target;
  target.span = node.span;
  target.text = node.text;
  if (!node.text.starts_with("re:")) {
    target.kind = kind_of(node.text);
    if (target.kind == Kind::Name) target.steps = steps_of_name(target.text);
    if (target.kind == Kind::Name && node.text.find_first_of("`*{},\n ") != std::string::npos) {
      diagnostics.report(codes::L7052, node.span, fmt::format("`{}` is no module name", node.text))
          .help("an expression begins with `re:`");
      return std::nullopt;
    }
    return target;
  }
  target.kind = Kind::Expression;
  target.text.erase(0, 3);
  const NameRegex regex(target.text, NameRegex::Anchor::Start);
  if (!regex.problem().empty()) {
    diagnostics.report(codes::L7053, node.span, fmt::format("the expression cannot be read: {}", regex.problem()));
    return std::nullopt;
  }
  if (target.text.find('`') != std::string::npos || target.text.find('\n') != std::string::npos) {
    diagnostics.report(codes::L7053, node.span,
                       "the expression holds a backtick or a line end, which no path can hold");
    return std::nullopt;
  }
  target.steps = steps_of_expression(target.text);
  return target;
}

std::vector<Target> read_targets(const std::vector<const Node*>& nodes, Diagnostics& diagnostics) {
  std::vector<Target> result;
  for (const Node* node : nodes)
    if (auto target = read_target(*node, diagnostics)) result.push_back(std::move(*target));
  return result;
}

bool asked_before(const Target& a, const Target& b) {
  return std::make_tuple(rank(a.kind), std::string_view(a.text)) <
         std::make_tuple(rank(b.kind), std::string_view(b.text));
}

bool disjoint(const Target& a, const Target& b) {
  const auto is_class = [](const Target& target) {
    return target.kind == Kind::Linear || target.kind == Kind::Embedding;
  };
  if (is_class(a) && is_class(b)) return a.kind != b.kind;
  if (!a.steps || !b.steps) return false;
  if (a.kind == Kind::Name && b.kind == Kind::Name) return a.text != b.text;
  return disjoint(*a.steps, *b.steps);
}

bool TargetMatcher::is_candidate(const Module& module) {
  return (module.kind == ModuleKind::Linear || module.kind == ModuleKind::Embedding) &&
         !has(module.roles, Role::Router);
}

std::vector<bool> TargetMatcher::match_any_kind(const Target& target) const {
  std::vector<bool> result(graph_.modules.size());
  std::optional<NameRegex> regex;
  if (target.kind == Kind::Expression) regex.emplace(target.text, NameRegex::Anchor::Start);
  for (size_t m = 0; m < result.size(); ++m) {
    const Module& module = graph_.modules[m];
    switch (target.kind) {
      case Kind::Name: result[m] = module.path == target.text; break;
      case Kind::Expression: result[m] = regex->match(module.path) == NameRegex::Result::Yes; break;
      case Kind::Linear: result[m] = module.kind == ModuleKind::Linear && !has(module.roles, Role::Router); break;
      case Kind::Embedding: result[m] = module.kind == ModuleKind::Embedding; break;
      case Kind::Router: result[m] = has(module.roles, Role::Router); break;
      case Kind::Attention:
      case Kind::Other: break;
    }
  }
  return result;
}

std::vector<bool> TargetMatcher::match(const Target& target) const {
  std::vector<bool> result = match_any_kind(target);
  for (size_t m = 0; m < result.size(); ++m) result[m] = result[m] && is_candidate(graph_.modules[m]);
  return result;
}

}  // namespace lcr::foreign
