#include "compiler/diagnostics/check.h"

#include <cstdlib>

#include <fmt/core.h>

namespace lcr {

void internal_error(const char* file, int line, std::string_view condition, std::string_view message) {
  fmt::print(stderr,
             "lcr: internal error: {}\n  {}:{}: {}\n  this is a mistake in lcr, not in your files; please report it\n",
             message, file, line, condition);
#ifdef NDEBUG
  std::_Exit(2);
#else
  std::abort();
#endif
}

}  // namespace lcr
