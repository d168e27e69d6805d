#include <algorithm>
#include <cmath>
#include <vector>

#include <nlohmann/json.hpp>

#include "planner/report/report.h"

namespace lcr {
namespace {

using nlohmann::ordered_json;

// The format counts microseconds.
int64_t micros(double seconds) { return std::llround(seconds * 1e6); }

ordered_json named(const char* what, size_t thread, const std::string& name) {
  return {{"ph", "M"}, {"pid", 1}, {"tid", thread}, {"name", what}, {"args", {{"name", name}}}};
}

ordered_json counter(const char* name, double seconds, int64_t bytes) {
  return {{"ph", "C"}, {"pid", 1}, {"ts", micros(seconds)}, {"name", name}, {"args", {{"bytes", bytes}}}};
}

}  // namespace

std::string report_trace(const RunReport& report) {
  ordered_json events = ordered_json::array();
  events.push_back(named("process_name", 0, "lcr run of " + report.recipe));
  const std::vector<std::string> tracks = {"run", "calibration", "files", "modules", "warnings"};
  for (size_t t = 0; t < tracks.size(); ++t) events.push_back(named("thread_name", t + 1, tracks[t]));
  for (const Moment& moment : report.timeline) {
    const size_t track =
        static_cast<size_t>(std::find(tracks.begin(), tracks.end(), moment.track) - tracks.begin()) + 1;
    ordered_json event = {{"ph", moment.seconds > 0 ? "X" : "i"}, {"pid", 1}, {"tid", track}, {"name", moment.name},
                          {"ts", micros(moment.begin)}};
    if (moment.seconds > 0) event["dur"] = micros(moment.seconds);
    else event["s"] = "t";
    events.push_back(std::move(event));
  }
  for (const MemoryPoint& point : report.memory) events.push_back(counter("host memory", point.seconds, point.host));
  if (!report.memory.empty())
    for (double at : {report.memory.front().seconds, report.memory.back().seconds})
      events.push_back(counter("host memory, predicted peak", at, report.predicted.host_peak));
  const ordered_json all = {{"displayTimeUnit", "ms"},
                            {"otherData", {{"lcr", report.tool}, {"recipe", report.recipe}, {"model", report.model}}},
                            {"traceEvents", std::move(events)}};
  return all.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace lcr
