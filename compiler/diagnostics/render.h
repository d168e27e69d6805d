#pragma once

#include <string>

#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

struct RenderOptions {
  bool color = false;
  bool unicode = false;  // frame glyphs beyond ASCII
};

// A frame with the lines of the text, marks under them, notes and helps; ends with a line end. Any span is good
// enough: what lies beyond the text is cut.
std::string render_full(const Sources& sources, const Diagnostic& diagnostic, const RenderOptions& options = {});
// All of them in order, an empty line between two.
std::string render_full(const Sources& sources, const Diagnostics& diagnostics, const RenderOptions& options = {});

// `file:line:column: error[L3001]: message`, one line each, in order.
std::string render_concise(const Sources& sources, const Diagnostic& diagnostic);
std::string render_concise(const Sources& sources, const Diagnostics& diagnostics);

// An array of objects: code, name, severity, message, labels, notes, helps, fixes, data. Lines and columns are
// 1-based, columns count code points, `begin` and `end` are byte offsets.
std::string render_json(const Sources& sources, const Diagnostics& diagnostics);

// "error", "warning", "note".
std::string_view severity_name(Severity severity);

}  // namespace lcr
