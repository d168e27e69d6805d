#include "compiler/recipe/sources_of_data.h"

#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"
#include "compiler/recipe/fields.h"
#include "compiler/recipe/load.h"
#include "compiler/recipe/values.h"

namespace lcr::binding {
namespace {

using Kind = DataSource::Kind;

constexpr ArgumentSpec text_arguments[] = {{"path", true, true}, {"field"}, {"samples", true}};
constexpr ArgumentSpec chat_arguments[] = {{"path", true, true}, {"field"}, {"template"}, {"mask"}, {"samples", true}};
constexpr ArgumentSpec tensor_arguments[] = {{"path", true, true}, {"samples", true}};

// One kind of source with the field that it reads when none is said.
struct SourceInfo {
  std::string_view name;
  Kind kind;
  std::span<const ArgumentSpec> arguments;
  std::string_view field;
};

constexpr SourceInfo infos[] = {
    {"text", Kind::Text, text_arguments, "text"},
    {"chat", Kind::Chat, chat_arguments, "messages"},
    {"tokens", Kind::Tokens, text_arguments, "input_ids"},
    {"tensors", Kind::Tensors, tensor_arguments, ""},
};

const SourceInfo* find_source(const std::string& name) {
  for (const SourceInfo& info : infos) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

// Relative to the file in which the literal stands, which may be another one than the block's.
std::optional<std::string> read_path(Binder& binder, Scope& scope, const syntax::Value& value, std::string_view place) {
  std::optional<syntax::Text> text = read_text(binder, scope, value, place);
  if (!text) return std::nullopt;
  return resolve_path(binder.sources, text->text, text->span);
}

// One argument into the source. A template is the word `model` or the path of a file.
void read_argument(Binder& binder, Scope& scope, const std::string& name, const syntax::Value& value,
                   DataSource& source) {
  std::string place = fmt::format("`{}`", name);
  if (name == "path") {
    if (auto path = read_path(binder, scope, value, place)) source.path = *path;
  } else if (name == "field") {
    if (auto text = read_text(binder, scope, value, place)) source.field = text->text;
  } else if (name == "samples") {
    std::optional<int64_t> samples = read_count(binder, scope, value, place);
    if (samples && *samples < 1)
      report_range(binder, value, place, "at least 1");
    else if (samples)
      source.samples = *samples;
  } else if (name == "mask") {
    if (auto word = read_word(binder, value, {"all", "assistant"}, place)) source.mask = *word;
  } else if (const syntax::Call* call = as_call(value); !call || call->called || call->name.text != "model") {
    if (auto path = read_path(binder, scope, value, place)) source.template_ = *path;
  }
}

std::optional<DataSource> read_source(Binder& binder, Scope& scope, const syntax::Value& value) {
  const syntax::Call* call = as_call(value);
  const SourceInfo* info = call ? find_source(call->name.text) : nullptr;
  if (!call) {
    report_type(binder, value, "`data`", "a source of data").help("for example `text(\"train.jsonl\", samples = 512)`");
    return std::nullopt;
  }
  if (!info) {
    Diagnostic& diagnostic =
        binder.report(codes::L2032, call->name.span, fmt::format("there is no source of data `{}`", call->name.text));
    if (call->name.text == "images")
      diagnostic.help("`images` is reserved: prepare the inputs of the model and give them with `tensors(...)`");
    else
      suggest(diagnostic, call->name.text, {"text", "chat", "tokens", "tensors"});
    return std::nullopt;
  }
  DataSource source;
  source.kind = info->kind;
  source.field = info->field;
  if (info->kind == Kind::Chat) source.template_ = "model";
  source.span = value.span;
  size_t before = binder.diagnostics.size();
  for (const auto& [name, argument] : read_arguments(binder, *call, info->arguments)) {
    read_argument(binder, scope, name, *argument, source);
  }
  if (binder.diagnostics.size() != before) return std::nullopt;
  return source;
}

}  // namespace

std::vector<DataSource> read_data(Binder& binder, Scope& scope, const syntax::Value& value) {
  std::vector<DataSource> sources;
  std::optional<Located> found = follow(binder, scope, value, ValueType::Source, "`data`");
  if (!found) return sources;
  auto* list = std::get_if<syntax::List>(&found->value->node);
  if (!list) {
    if (auto source = read_source(binder, *found->scope, *found->value)) sources.push_back(std::move(*source));
    return sources;
  }
  if (list->items.empty()) binder.report(codes::L2031, found->value->span, "`data` lists no source");
  for (const syntax::Value& item : list->items) {
    std::vector<DataSource> more = read_data(binder, *found->scope, item);
    sources.insert(sources.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return sources;
}

}  // namespace lcr::binding
