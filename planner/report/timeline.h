#pragma once

#include <string_view>

#include "compiler/model/json.h"
#include "planner/report/report.h"

namespace lcr {

// Takes the events of one run, in order, and what time they were told at in seconds of the run.
class Timeline {
 public:
  explicit Timeline(RunReport& report) : report_(report) {}
  void take(const Json& event, std::string_view type, double now);

 private:
  void layer(const Json& event, double now);
  void end(const Json& event, double now);
  void instant(const char* track, std::string_view name, double now);

  RunReport& report_;
  double begun_ = 0;             // when this process began
  CalibrationSeconds of_layers_;  // of this process, up to the last layer
};

}  // namespace lcr
