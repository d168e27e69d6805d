#include <filesystem>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"
#include "compiler/diagnostics/codes/precision.h"
#include "compiler/recipe/blocks.h"
#include "compiler/recipe/fields.h"
#include "compiler/recipe/load.h"
#include "compiler/recipe/values.h"
#include "stdlib/stdlib.h"

namespace lcr::binding {
namespace {

constexpr FieldSpec serve_fields[] = {{"capability"}, {"tensor_parallel"}};
constexpr FieldSpec export_fields[] = {{"dir", "=", true}, {"shard", "<="}, {"dtype"}};

// A list of numbers, each read and checked by `read`.
template <typename Number, typename Read>
std::vector<Number> read_list(Binder& binder, const syntax::Value& value, const std::string& place, Read read) {
  std::vector<Number> numbers;
  auto* list = std::get_if<syntax::List>(&value.node);
  if (!list || list->items.empty()) {
    report_type(binder, value, place, "a list of numbers")
        .help(fmt::format("write `{} = [...]`", place.substr(1, place.size() - 2)));
    return numbers;
  }
  for (const syntax::Value& item : list->items) {
    if (std::optional<Number> number = read(item)) numbers.push_back(*number);
  }
  return numbers;
}

// A server is known when stdlib has its rules.
std::vector<std::string> servers() {
  std::vector<std::string> names;
  for (std::string_view name : stdlib::names_below("serving")) names.emplace_back(name);
  return names;
}

}  // namespace

Serve read_serve(Binder& binder, Scope& scope, const syntax::Serve& block, Span statement) {
  Serve result;
  result.span = statement;
  result.server = block.server.text;
  if (!stdlib::find("std.serving." + result.server)) {
    suggest(binder.report(codes::L4067, block.server.span,
                          fmt::format("stdlib has no rules for a server `{}`", result.server)),
            result.server, servers());
  }
  FieldMap found = read_fields(binder, scope, block.fields, serve_fields, "a serve block", block.server.span);
  if (auto field = found.find("capability"); field != found.end()) {
    result.capabilities = read_list<double>(
        binder, field->second->value, "`capability`", [&](const syntax::Value& item) -> std::optional<double> {
          std::optional<double> number = read_number(binder, scope, item, "a capability");
          if (!number || *number > 0) return number;
          report_range(binder, item, "a capability", "above 0, such as 8.9");
          return std::nullopt;
        });
  }
  if (auto field = found.find("tensor_parallel"); field != found.end()) {
    result.tensor_parallel = read_list<int64_t>(
        binder, field->second->value, "`tensor_parallel`", [&](const syntax::Value& item) -> std::optional<int64_t> {
          std::optional<int64_t> count = read_count(binder, scope, item, "`tensor_parallel`");
          if (!count || *count >= 1) return count;
          report_range(binder, item, "`tensor_parallel`", "at least 1");
          return std::nullopt;
        });
  }
  if (result.tensor_parallel.empty()) result.tensor_parallel = {1};
  return result;
}

Export read_export(Binder& binder, Scope& scope, const syntax::Export& block, Span statement) {
  Export result;
  result.span = statement;
  if (block.format.text == "dense") {
    result.format = Export::Format::Dense;
  } else if (block.format.text != "compressed_tensors") {
    suggest(binder.report(codes::L2032, block.format.span,
                          fmt::format("there is no export format `{}`", block.format.text)),
            block.format.text, {"compressed_tensors", "dense"});
  }
  FieldMap found = read_fields(binder, scope, block.fields, export_fields, "an export", block.format.span);
  if (auto field = found.find("dir"); field != found.end()) {
    if (auto text = read_text(binder, scope, field->second->value, "`dir`"))
      result.dir = resolve_path(binder.sources, text->text, text->span);
  }
  if (auto field = found.find("shard"); field != found.end()) {
    result.shard = read_bytes(binder, scope, field->second->value, "`shard`");
    if (result.shard && *result.shard < 1) report_range(binder, field->second->value, "`shard`", "above 0B");
  }
  if (auto field = found.find("dtype"); field != found.end()) {
    if (auto word = read_word(binder, field->second->value, {"bf16", "f16", "f32"}, "`dtype`")) result.dtype = *word;
  }
  return result;
}

// Folders are compared as paths: `out` and `./out` are one.
void check_exports(Binder& binder) {
  std::map<std::string, const Export*> folders;
  for (const Export& item : binder.recipe.exports) {
    if (item.dir.empty()) continue;
    std::string folder = std::filesystem::path(item.dir).lexically_normal().string();
    auto [first, fresh] = folders.try_emplace(folder, &item);
    if (!fresh) {
      binder.report(codes::L2064, item.span, fmt::format("two exports write to `{}`", item.dir))
          .label(first->second->span, "first here")
          .help("choose another `dir`");
    }
  }
}

}  // namespace lcr::binding
