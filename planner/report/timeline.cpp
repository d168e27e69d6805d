#include "planner/report/timeline.h"

#include <algorithm>

#include <fmt/format.h>

namespace lcr {
namespace {

double seconds(const Json& event, std::string_view key) {
  const Json* value = event.find(key);
  if (value == nullptr) return 0;
  return value->kind == Json::Kind::Integer ? static_cast<double>(value->integer) : value->real;
}

CalibrationSeconds spent(const Json& event) {
  return {seconds(event, "seconds"), seconds(event, "seconds_passes"), seconds(event, "seconds_smoothing"),
          seconds(event, "seconds_solving"), seconds(event, "seconds_writing")};
}

}  // namespace

void Timeline::take(const Json& event, std::string_view type, double now) {
  if (type == "version") begun_ = now, of_layers_ = {};
  if (type == "layer") layer(event, now);
  if (type == "shard") instant("files", event.text_of("file"), now);
  if (type == "metric") instant("modules", event.text_of("module"), now);
  const std::string_view level = event.text_of("level");
  if (level == "warning" || level == "error") instant("warnings", event.text_of("message"), now);
  if (type == "end") end(event, now);
}

void Timeline::instant(const char* track, std::string_view name, double now) {
  report_.timeline.push_back({track, std::string(name), now, 0});
}

// An event tells sums since the calibration of its process began. What a layer spent on its parts is drawn one after
// the other below it, although they take turns.
void Timeline::layer(const Json& event, double now) {
  const CalibrationSeconds until = spent(event), &before = of_layers_;
  const double all = std::max(0.0, until.all - before.all);
  double at = now - all;
  report_.timeline.push_back(
      {"calibration", fmt::format("layer {}", static_cast<int64_t>(seconds(event, "layer"))), at, all});
  CalibrationSeconds& sum = report_.calibration;
  const auto part = [&](const char* name, double CalibrationSeconds::*field) {
    const double taken = std::clamp(until.*field - before.*field, 0.0, std::max(0.0, now - at));
    sum.*field += taken;
    if (taken > 0) report_.timeline.push_back({"calibration", name, at, taken});
    at += taken;
  };
  part("passes", &CalibrationSeconds::passes);
  part("smoothing", &CalibrationSeconds::smoothing);
  part("solving", &CalibrationSeconds::solving);
  part("keeping", &CalibrationSeconds::writing);
  sum.all += all;
  of_layers_ = until;
}

void Timeline::end(const Json& event, double now) {
  report_.timeline.push_back({"run", std::string(event.text_of("message")), begun_, now - begun_});
  begun_ = now;
  WorkerSeconds& sum = report_.workers;
  sum.all += seconds(event, "workers") * seconds(event, "seconds");
  sum.reading += seconds(event, "seconds_reading");
  sum.writing += seconds(event, "seconds_writing");
  sum.waiting += seconds(event, "seconds_waiting");
}

}  // namespace lcr
