#include "compiler/server/describe.h"

#include <fmt/format.h>

namespace lcr::server {
namespace {

std::string_view role_word(AlgorithmRole role) {
  switch (role) {
    case AlgorithmRole::Transform: return "transform of a stack";
    case AlgorithmRole::Solver: return "solver";
    case AlgorithmRole::ModelWide: return "transform of the whole model";
    case AlgorithmRole::Pruner: return "pruner";
  }
  return {};
}

std::string words_of(const ParameterInfo& parameter) {
  std::string text;
  for (const WordInfo& word : parameter.words) text += fmt::format("{}`{}`", text.empty() ? "" : ", ", word.name);
  return text;
}

std::string type_of(const ParameterInfo& parameter) {
  if (parameter.type == ParameterType::Word) return "one of " + words_of(parameter);
  if (parameter.type == ParameterType::Words) return "a list of " + words_of(parameter);
  return std::string(describe(parameter.type));
}

bool is_numeric(ParameterType type) { return type == ParameterType::Ratio || type == ParameterType::Count || type == ParameterType::Number; }

std::string absent_words(const ParameterInfo& parameter) {
  switch (parameter.absent) {
    case Absent::Default:
      if (parameter.behind_awq.empty()) return fmt::format("default `{}`", parameter.fallback);
      return fmt::format("default `{}`, behind `awq` `{}`", parameter.fallback, parameter.behind_awq);
    case Absent::Refused: return "must be written";
    case Absent::Allowed: return "may be left out";
    case Absent::Sampled: return "must be written where something is drawn at random";
  }
  return {};
}

std::string table(std::span<const ParameterInfo> parameters) {
  if (parameters.empty()) return {};
  std::string text = "\n\n| parameter | type | range | absent | |\n|---|---|---|---|---|\n";
  for (const ParameterInfo& parameter : parameters)
    text += fmt::format("| `{}` | {} | {} | {} | {} |\n", parameter.name, type_of(parameter), is_numeric(parameter.type) ? range_text(parameter) : "",
                        absent_words(parameter), parameter.doc);
  return text;
}

}  // namespace

std::string describe_algorithm(const AlgorithmInfo& algorithm) {
  std::string text = fmt::format("**{}**, {}: {}", algorithm.name, role_word(algorithm.role), algorithm.doc);
  text += algorithm.needs_data ? "; needs calibration data" : "; needs no data";
  if (algorithm.linear_only) text += ", for linear layers alone";
  return text + table(algorithm.parameters);
}

std::string describe_observer(const ObserverInfo& observer) {
  const char* where = observer.on_weights && observer.on_activations ? "weights and activations" : observer.on_weights ? "weights" : "activations";
  std::string text = fmt::format("**{}**, observer of {}: {}", observer.name, where, observer.doc);
  if (observer.needs_data) text += "; needs calibration data";
  return text + table(observer.parameters);
}

std::string limits_of(const ParameterInfo& parameter) {
  std::string text = type_of(parameter);
  if (is_numeric(parameter.type)) text += ", " + range_text(parameter);
  return text + "; " + absent_words(parameter);
}

std::string describe_parameter(std::string_view owner, const ParameterInfo& parameter) {
  return fmt::format("**{}** of `{}`: {}\n\n{}", parameter.name, owner, parameter.doc, limits_of(parameter));
}

std::string describe_field(std::string_view block, const FieldDoc& field) {
  std::string text = fmt::format("**{}** of {}: {}\n\n`{} {}` {}; {}{}", field.name, block == "format" ? "a format" : fmt::format("`{}`", block), field.doc, field.name, field.relation, field.type,
                                 field.absent.starts_with("must") ? "" : "absent: ", field.absent);
  for (const WordDoc& word : field.words)
    if (!word.doc.empty()) text += fmt::format("\n- `{}`: {}", word.word, word.doc);
  return text;
}

std::string describe_symbol(const Symbol& symbol) {
  const Parsed& home = *symbol.home;
  const std::string doc = symbol.statement != nullptr ? symbol.statement->doc : home.tree.header.doc;
  const Span span = symbol.statement != nullptr ? symbol.statement->span : home.tree.header.span;
  std::string_view text = home.sources.text(span);
  constexpr size_t longest = 2000;
  std::string result = fmt::format("```lcr\n{}{}\n```", text.substr(0, longest), text.size() > longest ? "\n…" : "");
  if (!doc.empty()) result += "\n\n" + doc;
  return result + fmt::format("\n\n{} of `{}`", describe(symbol.kind), home.tree.header.name.empty() ? home.path : home.tree.header.name);
}

std::string describe_matches(const Analysis& analysis, const Matches& matches) {
  constexpr size_t shown = 5;
  std::string text = fmt::format("**{}**", count_words(matches));
  if (const std::string sizes = size_words(matches); !sizes.empty()) text += ", " + sizes;
  for (size_t i = 0; i < std::min(shown, matches.units.size()); ++i) text += fmt::format("{}- `{}`", i == 0 ? "\n\n" : "\n", path_of(analysis, matches, i));
  if (matches.units.size() > shown) text += fmt::format("\n- and {} more", matches.units.size() - shown);
  return text;
}

}  // namespace lcr::server
