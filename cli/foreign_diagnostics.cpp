#include "cli/foreign_diagnostics.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/check.h"

namespace lcr::cli {

namespace {

using nlohmann::json;

// The byte span of a label in a text that both processes read, or an empty span.
Span span_of(const json& label, const Sources& sources) {
  std::string name = label.value("file", "");
  for (uint32_t id = 1; id < sources.size(); ++id) {
    const SourceFile& file = sources.file(id);
    if (file.name() != name || !label.contains("begin")) continue;
    return {id, label["begin"].get<uint32_t>(), label.value("end", label["begin"].get<uint32_t>())};
  }
  return {};
}

void add_labels(const json& item, const Sources& sources, Diagnostic& diagnostic) {
  for (const json& label : item.value("labels", json::array())) {
    Span span = span_of(label, sources);
    if (span.file != 0) {
      diagnostic.labels.push_back({span, label.value("text", ""), label.value("primary", false)});
    } else if (!label.value("file", "").empty()) {
      diagnostic.note(
          fmt::format("at {}:{}:{}", label.value("file", ""), label.value("line", 1), label.value("column", 1)));
    }
  }
}

}  // namespace

Diagnostics read_diagnostics(const std::string& text, const Sources& sources) {
  Diagnostics result;
  json items = json::parse(text, nullptr, false);
  LCR_CHECK(items.is_array(), "the backend sent diagnostics that are not a JSON array");
  for (const json& item : items) {
    const CodeInfo* code = find_code(item.value("code", ""));
    LCR_CHECK(code != nullptr, "the backend sent a diagnostic with an unknown code");
    Diagnostic& diagnostic = result.report(code->code, item.value("message", ""));
    add_labels(item, sources, diagnostic);
    for (const json& note : item.value("notes", json::array())) diagnostic.note(note.get<std::string>());
    for (const json& help : item.value("helps", json::array())) diagnostic.help(help.get<std::string>());
  }
  return result;
}

}  // namespace lcr::cli
