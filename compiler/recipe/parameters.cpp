#include "compiler/recipe/parameters.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"
#include "compiler/diagnostics/codes/precision.h"
#include "compiler/language/parameter.h"
#include "compiler/recipe/observers.h"
#include "compiler/recipe/selections.h"
#include "compiler/recipe/values.h"

namespace lcr::binding {
namespace {

struct Reader {
  Binder& binder;
  Scope& scope;
  Parameters& result;

  void read(const ParameterInfo& info, const syntax::Value& value);
  void read_word_value(const ParameterInfo& info, const syntax::Value& value, const std::string& place);
  void read_words(const ParameterInfo& info, const syntax::Value& value, const std::string& place);
  bool within(const ParameterInfo& info, const syntax::Value& value, double number, const std::string& place);
};

// Reports a number outside the range of the table.
bool Reader::within(const ParameterInfo& info, const syntax::Value& value, double number, const std::string& place) {
  if (in_range(info, number)) return true;
  binder.report(codes::L4024, value.span, fmt::format("{} is {}", place, range_text(info)));
  return false;
}

// A word, with parameters of its own where the table has some: they are kept under "profile.spread".
void Reader::read_word_value(const ParameterInfo& info, const syntax::Value& value, const std::string& place) {
  const syntax::Call* call = as_call(value);
  const WordInfo* word = call ? find_word(info, call->name.text) : nullptr;
  if (!word || (word->parameters.empty() && call->called)) {
    read_word(binder, value, word_names(info), place);
    return;
  }
  result.values[std::string(info.name)] = call->name.text;
  if (word->parameters.empty()) return;
  Parameters inner = read_parameters(binder, scope, *call, word->parameters);
  result.fine &= inner.fine;
  for (auto& [name, entry] : inner.values) result.values[fmt::format("{}.{}", info.name, name)] = std::move(entry);
}

// `[R1, R2]`: in the order of the text, each word once.
void Reader::read_words(const ParameterInfo& info, const syntax::Value& value, const std::string& place) {
  auto* list = std::get_if<syntax::List>(&value.node);
  if (!list || list->items.empty()) {
    report_type(binder, value, place, "a list of words")
        .help(fmt::format("write `{} = [{}]`", info.name, info.words.front().name));
    return;
  }
  std::vector<std::string> words;
  for (const syntax::Value& item : list->items) {
    std::optional<std::string> word = read_word(binder, item, word_names(info), place);
    if (!word) return;
    if (std::find(words.begin(), words.end(), *word) != words.end()) {
      binder.report(codes::L2021, item.span, fmt::format("`{}` stands twice in {}", *word, place));
      return;
    }
    words.push_back(*word);
  }
  result.values[std::string(info.name)] = std::move(words);
}

// The value stays absent after a report, and for a param without a value.
void Reader::read(const ParameterInfo& info, const syntax::Value& value) {
  std::string place = fmt::format("`{}`", info.name);
  auto keep = [&](ParameterValue read) { result.values[std::string(info.name)] = std::move(read); };
  switch (info.type) {
    case ParameterType::Ratio:
      if (auto ratio = read_measure(binder, scope, value, Dimension::Ratio, place);
          ratio && within(info, value, *ratio, place))
        keep(*ratio);
      break;
    case ParameterType::Number:
      if (auto number = read_number(binder, scope, value, place); number && within(info, value, *number, place))
        keep(*number);
      break;
    case ParameterType::Count:
    case ParameterType::Seed:
      if (auto count = read_count(binder, scope, value, place); count && within(info, value, double(*count), place))
        keep(*count);
      break;
    case ParameterType::Selection:
      if (auto index = enter_selection(binder, scope, value, place)) keep(SelectionRef{*index});
      break;
    case ParameterType::Observer:
      if (auto observer = read_observer(binder, scope, value, place)) keep(*observer);
      break;
    case ParameterType::Word: read_word_value(info, value, place); break;
    case ParameterType::Words: read_words(info, value, place); break;
  }
}

// The default as the table spells it, else a value of the type: of a param that a preset read alone leaves open.
// "1/steps" is the only default that depends on another parameter.
ParameterValue default_value(const ParameterInfo& info, const Parameters& parameters) {
  std::string text(info.fallback);
  switch (info.type) {
    case ParameterType::Ratio: return std::strtod(text.c_str(), nullptr) / 100;
    case ParameterType::Count:
    case ParameterType::Seed: return int64_t(std::strtoll(text.c_str(), nullptr, 10));
    case ParameterType::Number: {
      auto steps = parameters.values.find("steps");
      if (text == "1/steps" && steps != parameters.values.end()) return 1.0 / double(std::get<int64_t>(steps->second));
      return std::strtod(text.c_str(), nullptr);
    }
    case ParameterType::Observer: return default_observer(text);
    case ParameterType::Words: return std::vector<std::string>();
    default: return text;
  }
}

// Every orthogonal matrix but the plain Hadamard one is drawn, or learned from a drawn start.
bool samples(const Parameters& parameters) {
  auto kind = parameters.values.find("kind");
  auto* word = kind == parameters.values.end() ? nullptr : std::get_if<std::string>(&kind->second);
  return word && *word != "hadamard";
}

// Fills in the defaults, and reports what must be written and is not.
void complete(Binder& binder, const syntax::Call& call, std::span<const ParameterInfo> table, Parameters& parameters) {
  for (const ParameterInfo& info : table) {
    std::string name(info.name);
    auto written = parameters.written.find(name);
    if (written != parameters.written.end()) {
      if (parameters.fine && info.type != ParameterType::Selection)
        parameters.values.try_emplace(name, default_value(info, parameters));
      if (info.absent != Absent::Sampled || !parameters.fine || samples(parameters)) continue;
      binder.report(codes::L4033, written->second, fmt::format("`{}` is given and nothing is sampled", name))
          .help("leave it out, or choose a random `kind`");
    } else if (info.absent == Absent::Default) {
      parameters.values[name] = default_value(info, parameters);
    } else if (info.absent == Absent::Refused || (info.absent == Absent::Sampled && samples(parameters))) {
      Diagnostic& diagnostic =
          binder.report(codes::L4023, call.name.span, fmt::format("`{}` does not say its `{}`", call.name.text, name));
      diagnostic.help(info.words.empty() ? fmt::format("write `{} = …`: {}", name, info.doc)
                                         : fmt::format("possible: {}", alternatives(word_names(info))));
    }
  }
}

// The parameter that is written without its name, if there is one.
const ParameterInfo* positional(std::span<const ParameterInfo> table) {
  for (const ParameterInfo& info : table) {
    if (info.positional) return &info;
  }
  return nullptr;
}

}  // namespace

Parameters read_parameters(Binder& binder, Scope& scope, const syntax::Call& call,
                           std::span<const ParameterInfo> table) {
  Parameters result;
  size_t before = binder.diagnostics.size();
  Reader reader{binder, scope, result};
  for (const syntax::Argument& argument : call.arguments) {
    const syntax::Value& value = argument.value.front();
    const ParameterInfo* info = argument.name ? find_parameter(table, argument.name->text) : positional(table);
    if (!argument.name && !info) {
      Diagnostic& diagnostic = binder.report(
          codes::L2027, value.span, fmt::format("a parameter of `{}` is given without its name", call.name.text));
      if (!table.empty()) diagnostic.help(fmt::format("write `name = ...`: {}", alternatives(parameter_names(table))));
    } else if (!info || (argument.name && info->positional)) {
      Diagnostic& diagnostic =
          binder.report(codes::L4022, argument.name->span,
                        fmt::format("`{}` has no parameter `{}`", call.name.text, argument.name->text));
      if (info)
        diagnostic.help(fmt::format("write the value without a name: `{}(...)`", call.name.text));
      else
        suggest(diagnostic, argument.name->text, parameter_names(table));
    } else if (!result.written
                    .try_emplace(std::string(info->name),
                                 argument.name ? argument.name->span.cover(value.span) : value.span)
                    .second) {
      binder.report(codes::L2021, value.span, fmt::format("`{}` is given twice", info->name))
          .label(result.written[std::string(info->name)], "first here");
    } else {
      reader.read(*info, value);
    }
  }
  result.fine &= binder.diagnostics.size() == before;
  // A wrong parameter is most likely the one that is missing.
  if (!result.fine) return result;
  complete(binder, call, table, result);
  result.fine &= binder.diagnostics.size() == before;
  return result;
}

}  // namespace lcr::binding
