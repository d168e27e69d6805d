#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

const std::vector<CodeInfo>& all_codes() {
  static const std::vector<CodeInfo> codes = {
#define LCR_CODE(code, name, severity, summary) {Code::code, #code, name, Severity::severity, summary},
#include "compiler/diagnostics/codes/all.def"
#undef LCR_CODE
  };
  return codes;
}

const CodeInfo& info(Code code) { return all_codes()[static_cast<size_t>(code)]; }

const CodeInfo* find_code(std::string_view id_or_name) {
  for (const CodeInfo& candidate : all_codes()) {
    if (candidate.id == id_or_name || candidate.name == id_or_name) return &candidate;
  }
  return nullptr;
}

}  // namespace lcr
