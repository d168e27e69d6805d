#include "planner/plan/show.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "planner/plan/allocation_text.h"
#include "planner/plan/names.h"
#include "planner/plan/ranges.h"
#include "planner/plan/size_text.h"
#include "planner/plan/totals.h"

namespace lcr {
namespace {

using Text = std::back_insert_iterator<std::string>;

std::string few(const std::vector<std::string>& names, size_t most) {
  std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + ptrdiff_t(std::min(most, names.size())), ", "));
  if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
  return text;
}

void share_line(Text out, const std::string& name, const Share& share, const Precision* precision) {
  fmt::format_to(out, "  {:<16} {:>7} {:<8} {:>10} -> {:<10}", name, share.modules,
                 precision || name == "dense" ? "modules" : "tensors", size_text(share.before), size_text(share.after));
  if (precision != nullptr && precision->weights) fmt::format_to(out, "  {}", to_string(*precision->weights));
  *out = '\n';
}

// "rotation R2  hadamard of 64, in 4 places": before what is solved.
void show_rotations(const Plan& plan, Text out) {
  for (const Rotation& one : plan.rotations) {
    fmt::format_to(out, "  rotation {:<7} {} of {}", one.space, one.kind, one.size);
    if (!one.places.empty()) fmt::format_to(out, "  {}", few(with_ranges(one.places), 3));
    *out = '\n';
  }
}

void show_allocation(const Plan& plan, Text out) {
  if (!plan.allocation) return;
  fmt::format_to(out, "\nunder the budget, by {}\n", plan.allocation->measure);
  for (const std::string& line : limit_lines(*plan.allocation)) fmt::format_to(out, "  {}\n", line);
  for (const std::string& line : choice_counts(*plan.allocation)) fmt::format_to(out, "  {}\n", line);
  if (const std::string next = next_text(*plan.allocation); !next.empty()) fmt::format_to(out, "  {}\n", next);
}

void show_units(const Plan& plan, Text out) {
  fmt::format_to(out, "\nunits\n");
  for (const Unit& unit : plan.units) {
    const auto places = with_ranges(unit.instances);
    fmt::format_to(out, "  {} x{}{}\n", unit.name, unit.instances.size(),
                   places == std::vector<std::string>{""} ? "" : "  " + few(places, 3));
    for (const Job& job : unit.jobs) {
      std::string names = few(names_of(job), 3);
      if (job.experts > 0) names += fmt::format("  e = {}..{}", job.first_expert, job.first_expert + job.experts - 1);
      std::string tiles = job.tile_rows == 0 ? "" : fmt::format("  {} rows a tile", job.tile_rows);
      if (job.passes > 1) tiles += fmt::format("  read {} times", job.passes);
      std::string with = job.stack.empty() ? "" : "  with " + to_string(plan.stacks.at(job.stack));
      if (!job.cache.empty()) with = "  with " + to_string(plan.caches.at(job.cache).solver);
      fmt::format_to(out, "    {:<14} {}{}{}\n", share_name(job), names, with, tiles);
    }
  }
}

void show_exports(const Plan& plan, Text out) {
  for (const PlannedExport& exported : plan.exports) {
    fmt::format_to(out, "\nwrites {} to {}: {} in {} {}\n", exported.format, exported.dir, size_text(exported.bytes),
                   exported.shards.size(), exported.shards.size() == 1 ? "file" : "files");
    for (const ConfigGroupText& group : exported.groups)
      fmt::format_to(out, "  {:<14} {}: {}\n", group.precision, group.format, few(group.targets, 3));
    for (const auto& [what, key] : {std::pair("caches", exported.cache), std::pair("queries", exported.queries)})
      if (!key.empty()) fmt::format_to(out, "  {:<14} {}\n", what, to_string(plan.caches.at(key).format, false));
    if (!exported.ignore.empty()) fmt::format_to(out, "  {:<14} {}\n", "ignored", few(exported.ignore, 3));
  }
}

void show_cost(const Plan& plan, Text out) {
  const Prediction& predicted = plan.predicted;
  fmt::format_to(out, "\npredicted on {}, {} {}: {}\n", plan.device, plan.workers,
                 plan.workers == 1 ? "worker" : "workers", time_text(predicted.seconds));
  fmt::format_to(out, "  read {}, write {}, tiles of {}\n", size_text(predicted.bytes_read),
                 size_text(predicted.bytes_written), size_text(plan.tile_bytes));
  const Alternative* chosen = nullptr;
  for (const Alternative& one : predicted.alternatives)
    if (one.name == "chosen") chosen = &one;
  fmt::format_to(out, "  host peak {}{}{}\n", size_text(predicted.host_peak),
                 plan.budget.host ? fmt::format(" of {} allowed", size_text(*plan.budget.host)) : "",
                 chosen != nullptr && !chosen->set_by.empty() ? fmt::format(", set by {}", chosen->set_by) : "");
  if (predicted.device_peak > 0)
    fmt::format_to(out, "  device peak {}{}\n", size_text(predicted.device_peak),
                   plan.budget.device ? fmt::format(" of {} allowed", size_text(*plan.budget.device)) : "");
  for (const Alternative& one : predicted.alternatives) {
    if (one.name == "chosen") continue;
    const int64_t less = one.host_peak - predicted.host_peak;
    fmt::format_to(out, "  {:<9} host peak {}, {}: this plan needs {} {}\n", one.name, size_text(one.host_peak),
                   time_text(one.seconds), size_text(std::abs(less)), less >= 0 ? "less" : "more");
  }
}

}  // namespace

std::string show_text(const Plan& plan) {
  std::string text;
  Text out(text);
  fmt::format_to(out, "plan of \"{}\" for {}{}\n", plan.recipe, plan.architecture,
                 plan.model.empty() ? "" : fmt::format(" in {}", plan.model));
  for (const Origin& origin : plan.origins)
    if (origin.kind == "set") fmt::format_to(out, "with --set {}\n", origin.name);
  *out = '\n';
  const Shares shares = shares_of(plan);
  Share all;
  for (const auto& [name, share] : shares) {
    const auto precision = plan.precisions.find(name);
    share_line(out, name, share, precision == plan.precisions.end() ? nullptr : &precision->second);
    all.before += share.before, all.after += share.after;
  }
  fmt::format_to(out, "  {:<16} {:>16} {:>10} -> {:<10}", "together", "", size_text(all.before), size_text(all.after));
  if (all.before > 0) fmt::format_to(out, "  {:.1f} % of what is read", 100.0 * double(all.after) / double(all.before));
  *out = '\n';
  show_rotations(plan, out);
  show_allocation(plan, out);
  show_units(plan, out);
  show_exports(plan, out);
  show_cost(plan, out);
  return text;
}

}  // namespace lcr
