#include "cli/event_log.h"

#include <fmt/core.h>

#include "compiler/diagnostics/codes/driver.h"

namespace lcr::cli {

bool EventLog::open(Session& session, const std::string& path) {
  file_.reset(path == "-" ? stdout : std::fopen(path.c_str(), "a"));
  if (file_) return true;
  session.diagnostics.report(codes::L0004, fmt::format("`{}` cannot be written", path))
      .help("check that its folder exists");
  return false;
}

void EventLog::write(const std::string& json) {
  if (!file_) return;
  fmt::print(file_.get(), "{}\n", json);
  std::fflush(file_.get());
}

}  // namespace lcr::cli
