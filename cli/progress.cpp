#include "cli/progress.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace lcr::cli {

namespace {

using nlohmann::json;

std::string duration(double seconds) {
  auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
}

double number(const json& event, const char* key) {
  auto found = event.find(key);
  return found != event.end() && found->is_number() ? found->get<double>() : 0.0;
}

std::string status_line(const json& event) {
  double done = number(event, "bytes_written"), total = number(event, "bytes_total");
  double seconds = number(event, "seconds");
  std::string eta =
      event.contains("eta") && event["eta"].is_number() ? duration(number(event, "eta")) + " left" : "warming up";
  return fmt::format("[{:3.0f}%] {}/{} jobs  {:.2f}/{:.2f} GiB  {} elapsed, {}  {}",
                     total > 0 ? 100 * done / total : 0.0, number(event, "jobs_done"), number(event, "jobs"),
                     done / (1 << 30), total / (1 << 30), duration(seconds), eta, event.value("current", ""));
}

}  // namespace

void Progress::consume(const std::string& text) {
  json event = json::parse(text, nullptr, false);
  if (!event.is_object()) return;
  std::string type = event.value("type", "");
  if (type == "progress") {
    draw(status_line(event));
  } else if (type == "metric" || type == "version" || type == "evaluation") {
    // Of interest to reports; too many for a person.
  } else if (!quiet_) {
    clear();
    std::string level = event.value("level", "info");
    fmt::print(stderr, "{}{}\n", level == "info" ? "" : level + ": ", event.value("message", ""));
  }
}

void Progress::draw(const std::string& line) {
  if (quiet_) return;
  // 4 redraws a second on a terminal; in a log a line every ten seconds.
  auto now = Clock::now();
  auto interval = terminal_ ? std::chrono::milliseconds(250) : std::chrono::milliseconds(10'000);
  if (last_ == Clock::time_point{}) last_ = terminal_ ? now - interval : now;
  if (now - last_ < interval) return;
  last_ = now;
  if (terminal_) {
    fmt::print(stderr, "\r\x1b[K{}", line);
    std::fflush(stderr);
    drawn_ = true;
  } else {
    fmt::print(stderr, "{}\n", line);
  }
}

void Progress::clear() {
  if (!drawn_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace lcr::cli
