#include "docs/explanations.h"

#include <algorithm>
#include <string>

extern const unsigned char lcr_diagnostics_text[];
extern const unsigned long lcr_diagnostics_text_size;
extern const unsigned char lcr_rules_text[];
extern const unsigned long lcr_rules_text_size;

namespace lcr {
namespace {

std::string_view section(std::string_view text, std::string_view code) {
  size_t begin = text.find("\n## " + std::string(code) + " ");
  if (begin == std::string_view::npos) return {};
  begin = text.find("\n\n", begin);
  if (begin == std::string_view::npos) return {};
  begin += 2;
  size_t end = text.find("\n## ", begin);
  // The last section of a phase ends where the next phase begins.
  size_t phase = text.find("\n# ", begin);
  return text.substr(begin, std::min(end, phase) - begin);
}

}  // namespace

std::string_view explanation(std::string_view code) {
  const std::string_view found = section({reinterpret_cast<const char*>(lcr_diagnostics_text), lcr_diagnostics_text_size}, code);
  return found.empty() ? section({reinterpret_cast<const char*>(lcr_rules_text), lcr_rules_text_size}, code) : found;
}

}  // namespace lcr
