#include "compiler/diagnostics/render.h"

#include <fmt/format.h>

namespace lcr {

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::Error: return "error";
    case Severity::Warning: return "warning";
    case Severity::Note: return "note";
  }
  return {};
}

std::string render_concise(const Sources& sources, const Diagnostic& diagnostic) {
  Span span = diagnostic.span();
  std::string place;
  if (span.file != 0) {
    Position position = sources.file(span).position(span.begin);
    place = fmt::format("{}:{}:{}: ", sources.file(span).name(), position.line, position.column);
  }
  return fmt::format("{}{}[{}]: {}\n", place, severity_name(diagnostic.severity), info(diagnostic.code).id,
                     diagnostic.message);
}

std::string render_concise(const Sources& sources, const Diagnostics& diagnostics) {
  std::string result;
  for (const Diagnostic* diagnostic : diagnostics.sorted()) result += render_concise(sources, *diagnostic);
  return result;
}

std::string render_full(const Sources& sources, const Diagnostics& diagnostics, const RenderOptions& options) {
  std::string result;
  for (const Diagnostic* diagnostic : diagnostics.sorted()) {
    if (!result.empty()) result += '\n';
    result += render_full(sources, *diagnostic, options);
  }
  return result;
}

}  // namespace lcr
