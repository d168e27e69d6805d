#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "compiler/server/completion.h"
#include "compiler/server/describe.h"
#include "stdlib/stdlib.h"

namespace lcr::server {
namespace {

// ---- use and extends

// Segments of stdlib's modules behind what is written: `std.` gives roles, schemes, presets …
void add_modules(CompletionSpot& at, const std::string& front) {
  std::set<std::string> next;
  for (const stdlib::Module& module : stdlib::modules()) {
    const std::string name(module.name);
    if (!name.starts_with(front)) continue;
    const std::string rest = name.substr(front.size());
    next.insert(rest.substr(0, rest.find('.')));
  }
  for (const std::string& segment : next) at.add({segment, ItemKind::Module, {}, {}, {}, false, 1});
}

// "std.roles." of the words std . roles .
std::string dotted_words(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 1; i < words.size(); ++i)
    if (words[i] != "{" && words[i] != "}") text += words[i];
  return text;
}

std::shared_ptr<const Parsed> module_behind(CompletionSpot& at) {
  if (at.cursor.words.size() < 2) return nullptr;
  if (at.cursor.words[1].starts_with("\"")) {
    syntax::Use use;
    use.file = syntax::Text{at.cursor.words[1].substr(1, at.cursor.words[1].size() - std::min<size_t>(2, at.cursor.words[1].size())), {}};
    return imported_file(at.server, *at.document.parsed, use);
  }
  std::string name = dotted_words(at.cursor.words);
  while (name.ends_with(".")) name.pop_back();
  return at.server.module(name);
}

// ---- values

void add_observers(CompletionSpot& at) {
  for (const ObserverInfo& info : observers()) at.add({std::string(info.name), ItemKind::Function, std::string(info.doc), describe_observer(info), {}, false, 1});
}

void add_values(CompletionSpot& at, const ParameterInfo& parameter) {
  if (parameter.type == ParameterType::Observer) add_observers(at);
  if (parameter.type == ParameterType::Selection) add_selections(at);
  for (const WordInfo& word : parameter.words) at.add({std::string(word.name), ItemKind::Constant, parameter.fallback == word.name ? "default" : "", {}, {}, false, 1});
  const bool literal = !parameter.fallback.empty() && parameter.words.empty() && parameter.type != ParameterType::Observer;
  if (literal) at.add({std::string(parameter.fallback), ItemKind::Constant, "default", {}, {}, false, 1});
  at.add_names({SymbolKind::Param}, 2);
}

bool is_given(const Bracket& bracket, std::string_view name) { return std::find(bracket.given.begin(), bracket.given.end(), name) != bracket.given.end(); }

void add_parameters(CompletionSpot& at, const Bracket& inner, std::span<const ParameterInfo> parameters) {
  if (const ParameterInfo* parameter = find_parameter(parameters, inner.argument)) return add_values(at, *parameter);
  for (const ParameterInfo& parameter : parameters) {
    if (is_given(inner, parameter.name) || parameter.positional) continue;
    const std::string name(parameter.name);
    at.add({name, ItemKind::Property, limits_of(parameter), std::string(parameter.doc), name + " = ", false, parameter.absent == Absent::Refused ? 0 : 1});
  }
}

void add_fields(CompletionSpot& at, const Bracket& inner, std::string_view block) {
  if (at.cursor.before == "over") return add_selections(at);
  if (const FieldDoc* field = find_field(block, inner.argument)) {
    at.add_words(field->words, ItemKind::Constant);
    if (field->type == "a format") add_precisions(at);
    if (field->name == "together") add_selections(at);
    return at.add_names({SymbolKind::Param}, 2);
  }
  for (const FieldDoc& field : fields_of(block)) {
    if (is_given(inner, field.name)) continue;
    const std::string name(field.name);
    at.add({name, ItemKind::Property, std::string(field.type), std::string(field.doc), fmt::format("{} {} ", name, field.relation), false, field.absent.starts_with("must") ? 0 : 1});
  }
}

// Whatever an open parenthesis belongs to; false when it only groups.
bool complete_call(CompletionSpot& at, const Bracket& inner) {
  if (inner.owner == "type") return at.add_words(kind_docs(), ItemKind::Constant), true;
  if (inner.owner == "role") return at.add_words(role_docs(), ItemKind::Constant), true;
  if (inner.owner == "layers") return true;
  if (inner.owner == "where") {
    for (const char* word : {"in", "out", "params"}) at.add({word, ItemKind::Property, "a size of the module", {}, {}, false, 1});
    return true;
  }
  if (const AlgorithmInfo* algorithm = find_algorithm(inner.owner)) return add_parameters(at, inner, algorithm->parameters), true;
  if (const ObserverInfo* observer = find_observer(inner.owner)) {
    add_parameters(at, inner, observer->parameters);
    if (const ParameterInfo& exponent = exponent_parameter(); inner.argument == exponent.name) add_values(at, exponent);
    return true;
  }
  const bool format = inner.owner.starts_with("int") || find_word_doc(format_docs(), inner.owner) != nullptr;
  if (format) return add_fields(at, inner, "format"), true;
  return !inner.owner.empty() && inner.owner != "on" && inner.owner != "optional" && inner.owner != "|" && inner.owner != "&" && inner.owner != "except" &&
         find_statement_word(inner.owner) == nullptr && inner.owner != "=";
}

// The algorithm or block that a list belongs to.
void complete_list(CompletionSpot& at, const Bracket& inner) {
  const size_t depth = at.cursor.brackets.size();
  if (depth >= 2) {
    const Bracket& outer = at.cursor.brackets[depth - 2];
    if (const AlgorithmInfo* algorithm = find_algorithm(outer.owner))
      if (const ParameterInfo* parameter = find_parameter(algorithm->parameters, inner.owner)) return add_values(at, *parameter);
    Bracket as_field = outer;
    as_field.argument = inner.owner;
    return add_fields(at, as_field, outer.owner);
  }
  if (at.cursor.before == "with" || at.cursor.before == "then") return add_algorithms(at, {AlgorithmRole::Transform, AlgorithmRole::Solver});
  add_precisions(at);
  at.add({"keep", ItemKind::Keyword, "leave it as it is", {}, {}, false, 1});
}

}  // namespace

void complete_import(CompletionSpot& at) {
  if (at.cursor.head == "extends") {
    at.add_names({SymbolKind::Preset});
    const std::string front = dotted_words(at.cursor.words);
    if (front.empty()) at.add({"std.presets.", ItemKind::Module, "presets of the standard library", {}, {}, false, 1});
    else add_modules(at, front);
    return;
  }
  if (at.cursor.brackets.empty()) return add_modules(at, dotted_words(at.cursor.words));
  const std::shared_ptr<const Parsed> module = module_behind(at);
  if (!module) return;
  for (const auto& [name, symbol] : declared(module)) {
    if (module->tree.header.kind == syntax::FileKind::Preset && symbol.kind != SymbolKind::Preset) continue;
    at.add({name, ItemKind::Variable, std::string(describe(symbol.kind)), describe_symbol(symbol), {}, false, 1});
  }
}

void complete_brackets(CompletionSpot& at) {
  const Bracket& inner = *at.cursor.inner();
  if (inner.sign == '[') return complete_list(at, inner);
  if (inner.sign == '{') {
    add_fields(at, inner, inner.owner);
    if (inner.owner != "schedule" || !inner.argument.empty()) return;
    at.add({"device", ItemKind::Keyword, "a device of the machine", {}, "device cuda(${1:0}) { memory <= ${2:80GiB} }", true, 1});
    at.add({"host", ItemKind::Keyword, "the host's memory", {}, "host { memory <= ${1:64GiB} }", true, 1});
    at.add({"disk", ItemKind::Keyword, "a folder for what does not fit", {}, "disk \"${1:/scratch}\" { memory <= ${2:1TiB} }", true, 1});
    return;
  }
  if (complete_call(at, inner)) return;
  add_selections(at);
}

}  // namespace lcr::server
