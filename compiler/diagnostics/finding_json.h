#pragma once

#include <nlohmann/json.hpp>

#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// The object of render_json() for one finding.
nlohmann::ordered_json finding_json(const Sources& sources, const Diagnostic& diagnostic);
// As text; bytes that are no UTF-8 become the replacement character. A negative indent: one line.
std::string json_text(const nlohmann::ordered_json& value, int indent);

}  // namespace lcr
