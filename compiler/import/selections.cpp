#include "compiler/import/selections.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/import.h"

namespace lcr::foreign {
namespace {

using Kind = Target::Kind;

std::string bare(const Target& target) {
  switch (target.kind) {
    case Kind::Linear: return "type(linear)";
    case Kind::Embedding: return "type(embedding)";
    case Kind::Router: return "role(router)";
    case Kind::Name: return fmt::format("`{}`", target.text);
    default: break;
  }
  const auto glob = target.steps ? glob_of(*target.steps) : std::nullopt;
  return glob ? fmt::format("`{}`", *glob) : fmt::format("re`{}`", whole_expression(target.text));
}

bool any(const std::vector<bool>& set) { return std::find(set.begin(), set.end(), true) != set.end(); }

// The types that a rule must name beside an expression; empty: the expression finds nothing else.
std::string types_beside(const Target& target, const TargetMatcher* model) {
  if (target.kind != Kind::Expression) return {};
  if (model == nullptr) return target.steps && ends_in_words(*target.steps) ? "" : "(type(linear) | type(embedding))";
  const std::vector<bool> all = model->match_any_kind(target), right = model->match(target);
  bool linear = false, embedding = false, more = false;
  for (size_t m = 0; m < all.size(); ++m) {
    if (!all[m]) continue;
    const ModuleKind kind = model->graph().modules[m].kind;
    linear |= right[m] && kind == ModuleKind::Linear;
    embedding |= right[m] && kind == ModuleKind::Embedding;
    more |= kind != ModuleKind::Linear && kind != ModuleKind::Embedding;
  }
  if (!more || (!linear && !embedding)) return {};
  if (linear && embedding) return "(type(linear) | type(embedding))";
  return linear ? "type(linear)" : "type(embedding)";
}

}  // namespace

Term term_of(const Target& target, Purpose purpose, const TargetMatcher* model) {
  const std::string types = purpose == Purpose::Change ? types_beside(target, model) : "";
  std::string text = bare(target);
  if (model != nullptr && !any(purpose == Purpose::Change ? model->match(target) : model->match_any_kind(target)))
    text = "optional " + text;
  return types.empty() ? Term{std::move(text), false} : Term{fmt::format("{} & {}", types, text), true};
}

std::string operand(const Term& term) { return term.compound ? fmt::format("({})", term.text) : term.text; }

Term join(std::vector<Term> terms) {
  std::vector<std::string> texts;
  for (const Term& term : terms) {
    std::string text = terms.size() > 1 ? operand(term) : term.text;
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
  }
  return {fmt::format("{}", fmt::join(texts, " | ")), texts.size() > 1 || (terms.size() == 1 && terms[0].compound)};
}

Term subtract(Term from, std::vector<Term> terms) {
  if (terms.empty()) return from;
  return {fmt::format("{} except {}", operand(from), operand(join(std::move(terms)))), true};
}

std::vector<Target> kept(const std::vector<Target>& ignore, Diagnostics& diagnostics) {
  std::vector<Target> result;
  for (const Target& target : ignore) {
    if (target.kind == Kind::Attention ||
        (target.kind == Kind::Other &&
         (target.text.find("Norm") != std::string::npos || target.text.starts_with("Conv")))) {
      diagnostics.report(
          codes::L7056, target.span,
          fmt::format("`{}` is left out of what is kept: nothing of that class is ever quantized", target.text));
    } else if (target.kind == Kind::Other) {
      diagnostics
          .report(codes::L7053, target.span,
                  fmt::format("the class `{}` has no equivalent: selections know kinds of operations and roles",
                              target.text))
          .help("name the modules: `re:` and an expression over their paths");
    } else {
      result.push_back(target);
    }
  }
  return result;
}

bool apart(const Target& a, const Target& b, const TargetMatcher* model) {
  if (model == nullptr || disjoint(a, b)) return disjoint(a, b);
  const std::vector<bool> one = model->match_any_kind(a), other = model->match_any_kind(b);
  for (size_t m = 0; m < one.size(); ++m)
    if (one[m] && other[m]) return false;
  return true;
}

}  // namespace lcr::foreign
