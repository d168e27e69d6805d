#include "planner/report/precision_map.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "planner/plan/names.h"
#include "planner/plan/totals.h"

namespace lcr {
namespace {

struct Place {
  std::string stack;
  int64_t layer = -1;  // -1: outside of layers
};

// "model.layers.3" is layer 3 of "model.layers".
Place place_of(const std::string& instance) {
  const size_t dot = instance.rfind('.');
  int64_t layer = -1;
  if (dot == std::string::npos) return {instance, -1};
  const char* end = instance.data() + instance.size();
  const auto read = std::from_chars(instance.data() + dot + 1, end, layer);
  if (read.ec != std::errc() || read.ptr != end) return {instance, -1};
  return {instance.substr(0, dot), layer};
}

// Numbers of experts are all alike: "mlp.experts.7.up_proj" is "mlp.experts.{e}.up_proj".
std::string kind_of(std::string_view name) {
  std::string result;
  while (true) {
    const size_t dot = name.find('.');
    const std::string_view segment = name.substr(0, dot);
    const bool number =
        !segment.empty() && std::all_of(segment.begin(), segment.end(), [](char c) { return c >= '0' && c <= '9'; });
    result += number ? "{e}" : std::string(segment);
    if (dot == std::string_view::npos) return result;
    result += '.';
    name.remove_prefix(dot + 1);
  }
}

double bits_of(const Plan& plan, const Job& job) {
  if (job.precision.empty()) return 16;
  const auto found = plan.precisions.find(job.precision);
  return found == plan.precisions.end() || !found->second.weights ? 16 : found->second.weights->bits;
}

class Maps {
 public:
  explicit Maps(const Plan& plan) : plan_(plan) {
    for (const Unit& unit : plan.units)
      for (const std::string& instance : unit.instances) column(place_of(instance));
    for (PrecisionMap& map : maps_) std::sort(map.layers.begin(), map.layers.end());
    for (const Unit& unit : plan.units)
      for (const std::string& instance : unit.instances)
        for (const Job& job : unit.jobs) fill(place_of(instance), job);
  }

  void error(const ModuleMetric& metric) {
    const std::string* best = nullptr;
    for (const Unit& unit : plan_.units)
      for (const std::string& instance : unit.instances)
        if (lies_below(metric.module, instance) && (best == nullptr || instance.size() > best->size()))
          best = &instance;
    if (best == nullptr) return;
    const Place place = place_of(*best);
    PrecisionMap& map = column(place);
    for (MapRow& row : map.rows) {
      if (row.name != kind_of(relative_to(*best, metric.module))) continue;
      double& error = row.errors[at(map, place.layer)];
      error = std::max(error, metric.error);
    }
  }

  std::vector<PrecisionMap> take() {
    std::erase_if(maps_, [](const PrecisionMap& map) { return map.rows.empty(); });
    std::stable_sort(maps_.begin(), maps_.end(),
                     [](const PrecisionMap& a, const PrecisionMap& b) { return a.layers.size() > b.layers.size(); });
    return std::move(maps_);
  }

 private:
  PrecisionMap& column(const Place& place) {
    auto found =
        std::find_if(maps_.begin(), maps_.end(), [&](const PrecisionMap& map) { return map.stack == place.stack; });
    if (found == maps_.end()) found = maps_.insert(maps_.end(), {place.stack, {}, {}});
    if (std::find(found->layers.begin(), found->layers.end(), place.layer) == found->layers.end())
      found->layers.push_back(place.layer);
    return *found;
  }
  static size_t at(const PrecisionMap& map, int64_t layer) {
    return static_cast<size_t>(std::lower_bound(map.layers.begin(), map.layers.end(), layer) - map.layers.begin());
  }
  void fill(const Place& place, const Job& job) {
    PrecisionMap& map = column(place);
    for (const std::string& module : job.modules) {
      const std::string name = kind_of(module);
      auto row = std::find_if(map.rows.begin(), map.rows.end(), [&](const MapRow& one) { return one.name == name; });
      const size_t count = map.layers.size();
      if (row == map.rows.end())
        row = map.rows.insert(map.rows.end(), {name, std::vector<std::string>(count), std::vector<double>(count),
                                               std::vector<double>(count, -1)});
      row->precisions[at(map, place.layer)] = share_name(job);
      row->bits[at(map, place.layer)] = bits_of(plan_, job);
    }
  }

  const Plan& plan_;
  std::vector<PrecisionMap> maps_;
};

}  // namespace

std::vector<PrecisionMap> precision_maps(const Plan& plan, const std::vector<ModuleMetric>& metrics) {
  Maps maps(plan);
  for (const ModuleMetric& metric : metrics) maps.error(metric);
  return maps.take();
}

}  // namespace lcr
