#include "compiler/diagnostics/diagnostic.h"

#include <algorithm>

#include "compiler/diagnostics/check.h"

namespace lcr {

const std::vector<CodeInfo>& all_codes() {
  static const std::vector<CodeInfo> codes = {
#define LCR_CODE(code, name, severity, summary) {code_of(#code), #code, name, Severity::severity, summary},
#include "compiler/diagnostics/codes/all.def"
#undef LCR_CODE
  };
  static const bool ordered =
      std::is_sorted(codes.begin(), codes.end(), [](auto& a, auto& b) { return a.code < b.code; });
  LCR_CHECK(ordered, "codes out of order");
  return codes;
}

const CodeInfo& info(Code code) {
  const std::vector<CodeInfo>& codes = all_codes();
  auto place = std::lower_bound(codes.begin(), codes.end(), code, [](const CodeInfo& a, Code b) { return a.code < b; });
  LCR_CHECK(place != codes.end() && place->code == code, "unregistered code");
  return *place;
}

const CodeInfo* find_code(std::string_view id_or_name) {
  for (const CodeInfo& candidate : all_codes()) {
    if (candidate.id == id_or_name || candidate.name == id_or_name) return &candidate;
  }
  return nullptr;
}

}  // namespace lcr
