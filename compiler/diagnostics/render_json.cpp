#include "compiler/diagnostics/finding_json.h"
#include "compiler/diagnostics/render.h"

namespace lcr {

namespace {

using nlohmann::ordered_json;

ordered_json range(const Sources& sources, Span span) {
  const SourceFile& file = sources.file(span);
  Position begin = file.position(span.begin), end = file.position(span.end);
  return {{"file", file.name()},     {"line", begin.line},       {"column", begin.column}, {"end_line", end.line},
          {"end_column", end.column}, {"begin", span.begin},      {"end", span.end}};
}

ordered_json to_json(const Sources& sources, const Label& label) {
  ordered_json result = range(sources, label.span);
  result["primary"] = label.primary;
  result["text"] = label.text;
  return result;
}

std::string_view name(Applicability applicability) {
  switch (applicability) {
    case Applicability::Safe: return "safe";
    case Applicability::Unsafe: return "unsafe";
    case Applicability::Display: return "display";
  }
  return {};
}

ordered_json to_json(const Sources& sources, const Fix& fix) {
  ordered_json edits = ordered_json::array();
  for (const Edit& edit : fix.edits) {
    ordered_json entry = range(sources, edit.span);
    entry["replacement"] = edit.replacement;
    edits.push_back(std::move(entry));
  }
  return {{"title", fix.title}, {"applicability", name(fix.applicability)}, {"edits", std::move(edits)}};
}

}  // namespace

nlohmann::ordered_json finding_json(const Sources& sources, const Diagnostic& diagnostic) {
  const CodeInfo& code = info(diagnostic.code);
  ordered_json labels = ordered_json::array(), fixes = ordered_json::array(), data = ordered_json::object();
  for (const Label& label : diagnostic.labels) {
    if (label.span.file != 0) labels.push_back(to_json(sources, label));
  }
  for (const Fix& fix : diagnostic.fixes) fixes.push_back(to_json(sources, fix));
  for (const auto& [key, value] : diagnostic.data) {
    std::visit([&, &key = key](const auto& datum) { data[key] = datum; }, value);
  }
  return {{"code", code.id},          {"name", code.name},         {"severity", severity_name(diagnostic.severity)},
          {"message", diagnostic.message}, {"labels", labels},      {"notes", diagnostic.notes},
          {"helps", diagnostic.helps}, {"fixes", fixes},            {"data", data}};
}

std::string json_text(const ordered_json& value, int indent) {
  return value.dump(indent, ' ', false, ordered_json::error_handler_t::replace);
}

std::string render_json(const Sources& sources, const Diagnostics& diagnostics) {
  ordered_json result = ordered_json::array();
  for (const Diagnostic* diagnostic : diagnostics.sorted()) result.push_back(finding_json(sources, *diagnostic));
  return json_text(result, 2) + "\n";
}

}  // namespace lcr
