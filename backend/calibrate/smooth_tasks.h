#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backend/calibrate/smoothing.h"

namespace lcr {

// The plan's smoothing steps of one instance, as sets of the graph's facts.
class SmoothTasks {
 public:
  // All must outlive it. Derives the facts when some unit smooths.
  SmoothTasks(const Plan& plan, const ModelGraph& graph, const std::unordered_map<std::string_view, uint32_t>& modules);

  // In the plan's order; a step of an expert's own values gives one task for each expert.
  std::vector<SmoothTask> of(const UnitCalibration& unit, const std::string& path, uint32_t instance) const;

 private:
  std::vector<SmoothTask> of(const UnitCalibration& unit, const SmoothStep& step, const std::string& path, uint32_t instance) const;
  SmoothTask task_of(const UnitCalibration& unit, const SmoothStep& step, const std::string& path, uint32_t instance, int64_t expert) const;
  const SmoothingSet* find(const std::vector<uint32_t>& writers, const std::vector<uint32_t>& readers) const;

  const Plan& plan_;
  const ModelGraph& graph_;
  const std::unordered_map<std::string_view, uint32_t>& modules_;
  std::vector<SmoothingSet> sets_;
};

}  // namespace lcr
