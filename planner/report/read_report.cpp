#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/review.h"
#include "compiler/model/json.h"
#include "planner/plan/names.h"
#include "planner/plan/totals.h"
#include "planner/report/assignment.h"
#include "planner/report/benchmarks.h"
#include "planner/report/precision_map.h"
#include "planner/report/report.h"
#include "planner/report/timeline.h"

namespace lcr {
namespace {

std::optional<double> number(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  if (value == nullptr) return std::nullopt;
  if (value->kind == Json::Kind::Integer) return static_cast<double>(value->integer);
  if (value->kind == Json::Kind::Real) return value->real;
  return std::nullopt;
}

int64_t whole(const Json& object, std::string_view key) {
  return static_cast<int64_t>(number(object, key).value_or(0));
}

// The largest of every slice of the time, and both ends.
std::vector<MemoryPoint> thinned(const std::vector<MemoryPoint>& all) {
  constexpr size_t most = 300;
  if (all.size() <= most) return all;
  const double slice = all.back().seconds / (most - 2);
  std::vector<MemoryPoint> kept = {all.front()};
  for (size_t i = 1; i + 1 < all.size();) {
    const double until = (std::floor(all[i].seconds / slice) + 1) * slice;
    MemoryPoint largest = all[i];
    for (++i; i + 1 < all.size() && all[i].seconds < until; ++i)
      if (all[i].host > largest.host) largest = all[i];
    kept.push_back(largest);
  }
  kept.push_back(all.back());
  return kept;
}

// Takes the events of one run, in order.
class Events {
 public:
  explicit Events(RunReport& report) : report_(report), timeline_(report) {}

  void take(const Json& event) {
    const std::string_view type = event.text_of("type");
    if (report_.run.empty()) report_.run = event.text_of("run");
    if (type == "plan") ++report_.processes;
    if (type == "metric") metric(event);
    if (type == "share") share(event);
    if (type == "memory") memory(event);
    if (type == "cache") cache(event);
    if (type == "experts") experts(event);
    const std::string_view level = event.text_of("level");
    if (level == "warning" || level == "error") report_.warnings.emplace_back(event.text_of("message"));
    if (const auto ts = number(event, "ts")) {
      if (type == "version" && type != last_) started_ = *ts, begun_ = now_;
      last_ = type;
      if (started_) now_ = std::max(now_, begun_ + *ts - *started_);
      if (event.find("host") != nullptr) report_.memory.push_back({now_, whole(event, "host")});
    }
    timeline_.take(event, type, now_);
    if (type == "end") end(event);
  }

  void finish() {
    for (auto& [module, metric] : metrics_) report_.metrics.push_back(std::move(metric));
    for (auto& [module, row] : experts_) report_.experts.push_back(std::move(row));
    for (const auto& [point, scales] : points_)
      for (CacheRow& row : report_.caches) {
        if (row.cache != scales.cache) continue;
        row.least = row.points == 0 ? scales.least : std::min(row.least, scales.least);
        row.most = std::max(row.most, scales.most);
        ++row.points;
      }
    report_.memory = thinned(report_.memory);
  }

 private:
  void metric(const Json& event) {
    ModuleMetric metric{std::string(event.text_of("module")),
                        std::string(event.text_of("precision")),
                        std::string(event.text_of("stack")),
                        number(event, "rel_fro").value_or(0),
                        number(event, "rel_output"),
                        number(event, "sqnr_db"),
                        {},
                        {}};
    metrics_[metric.module] = std::move(metric);
  }
  // A resumed run does not say it again.
  void share(const Json& event) {
    PrunedLayer layer{std::string(event.text_of("instance")), std::string(event.text_of("pruning")),
                      number(event, "share").value_or(0), {}};
    if (const Json* experts = event.find("experts"))
      for (const Json& expert : experts->items) layer.experts.push_back(expert.integer);
    report_.pruned.push_back(std::move(layer));
  }
  // A layer that a resumed run does again has the last word.
  void cache(const Json& event) {
    points_[std::string(event.text_of("point"))] = {std::string(event.text_of("cache")), number(event, "least").value_or(0),
                                                    number(event, "most").value_or(0)};
  }
  void experts(const Json& event) {
    ExpertRow row{std::string(event.text_of("module")), whole(event, "experts"), whole(event, "least"),
                  whole(event, "median"), whole(event, "most"), whole(event, "coverage"), {}};
    if (const Json* starved = event.find("starved"))
      for (const Json& expert : starved->items) row.starved.push_back(expert.integer);
    experts_[natural(row.module)] = std::move(row);
  }
  // Numbers in names in their order.
  static std::string natural(const std::string& name) {
    std::string key, digits;
    for (char c : name + ".") {
      if (c >= '0' && c <= '9') {
        digits += c;
        continue;
      }
      if (!digits.empty()) key += std::string(12 - std::min<size_t>(12, digits.size()), '0') + digits;
      digits.clear();
      key += c;
    }
    return key;
  }
  void memory(const Json& event) {
    report_.host_peak = std::max(report_.host_peak.value_or(0), whole(event, "host_peak"));
    if (event.find("device_peak") != nullptr)
      report_.device_peak = std::max(report_.device_peak.value_or(0), whole(event, "device_peak"));
  }
  // From the first event to the last, calibration included.
  void end(const Json& event) {
    const auto ts = number(event, "ts");
    report_.status = event.text_of("status");
    report_.seconds += ts && started_ ? *ts - *started_ : number(event, "seconds").value_or(0);
    report_.bytes_read += whole(event, "bytes_read");
    report_.bytes_written += whole(event, "bytes_written");
    started_.reset();
  }

  RunReport& report_;
  Timeline timeline_;
  struct PointScales {
    std::string cache;
    double least = 0, most = 0;
  };
  std::map<std::string, ModuleMetric> metrics_;
  std::map<std::string, PointScales> points_;
  std::map<std::string, ExpertRow> experts_;  // by a key that sorts as people count
  std::optional<double> started_;
  double begun_ = 0, now_ = 0;  // seconds of the run: when this process began, and at the last event
  std::string last_;
};

std::string origin_of(const Plan& plan, std::string_view kind) {
  for (const Origin& origin : plan.origins)
    if (origin.kind == kind) return origin.name;
  return {};
}

// Between the host and a device, all instances and experts.
int64_t moved_bytes(const Plan& plan) {
  int64_t bytes = 0;
  for (const Unit& unit : plan.units)
    for (const Job& job : unit.jobs)
      for (const Operation& one : job.operations)
        if (one.kind == OperationKind::Move)
          bytes += one.bytes_in * times(job) * static_cast<int64_t>(unit.instances.size());
  return bytes;
}

void add_plan(RunReport& report, const Plan& plan) {
  report.recipe = plan.recipe;
  report.recipe_file = origin_of(plan, "recipe");
  report.model = plan.model;
  report.architecture = plan.architecture;
  report.tool = plan.tool;
  report.device = plan.device;
  report.origins = plan.origins;
  report.predicted = plan.predicted;
  report.allocation = plan.allocation;
  report.exports = plan.exports.size();
  for (const auto& [name, stack] : plan.stacks) report.stacks.push_back(to_string(stack));
  for (const auto& [name, cache] : plan.caches)
    report.caches.push_back({name, to_string(cache.format, false), to_string(cache.solver)});
  report.calibrated = plan.calibration.has_value();
  report.moved = moved_bytes(plan);
  report.assignment = assignment_of(plan);
  for (const auto& [name, share] : shares_of(plan)) {
    report.sizes.push_back({name, share.modules, share.before, share.after});
    report.size_before += share.before;
    report.size_after += share.after;
  }
  std::stable_sort(report.sizes.begin(), report.sizes.end(),
                   [](const SizeRow& a, const SizeRow& b) { return a.after > b.after; });
}

}  // namespace

std::vector<size_t> RunReport::worst(size_t count) const {
  std::vector<size_t> order(metrics.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return metrics[a].error > metrics[b].error; });
  order.resize(std::min(count, order.size()));
  return order;
}

RunReport planned_report(const Plan& plan) {
  RunReport report;
  add_plan(report, plan);
  report.maps = precision_maps(plan, {});
  return report;
}

std::optional<RunReport> read_report(const std::string& out, const Plan& plan, const std::string& events,
                                     Diagnostics& diagnostics) {
  RunReport report;
  report.out = out;
  add_plan(report, plan);
  Events taking(report);
  for (size_t begin = 0; begin < events.size();) {
    const size_t end = events.find('\n', begin);
    if (end == std::string::npos) break;
    const auto event = parse_json(std::string_view(events).substr(begin, end - begin));
    if (!event || event->kind != Json::Kind::Object) {
      diagnostics.report(codes::L0022, fmt::format("the events of `{}` hold a line that is no event", out))
          .help("run again");
      return std::nullopt;
    }
    taking.take(*event);
    begin = end + 1;
  }
  taking.finish();
  report.maps = precision_maps(plan, report.metrics);
  return report;
}

bool add_results(const std::string& file, const std::string& text, RunReport& report, Diagnostics& diagnostics) {
  const auto json = parse_json(text);
  if (const auto perplexity = json ? number(*json, "perplexity") : std::nullopt) {
    report.evaluation = EvaluationResult{file,
                                         *perplexity,
                                         number(*json, "nll").value_or(0),
                                         whole(*json, "tokens"),
                                         whole(*json, "windows"),
                                         number(*json, "kl"),
                                         number(*json, "top1")};
    return true;
  }
  Benchmarks benchmarks = json ? read_benchmarks(file, *json) : Benchmarks();
  if (benchmarks.rows.empty()) {
    diagnostics.report(codes::L0022, fmt::format("`{}` is no result of an evaluation", file))
        .help("make one with `lcr eval MODEL --data FILE.jsonl --format json`, or give the results of lm-evaluation-harness");
    return false;
  }
  report.benchmarks.push_back(std::move(benchmarks));
  return true;
}

}  // namespace lcr
