#include "docs/explanations.h"

#include <algorithm>
#include <string>

extern const unsigned char lcr_diagnostics_text[];
extern const unsigned long lcr_diagnostics_text_size;

namespace lcr {

std::string_view explanation(std::string_view code) {
  std::string_view text(reinterpret_cast<const char*>(lcr_diagnostics_text), lcr_diagnostics_text_size);
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

}  // namespace lcr
