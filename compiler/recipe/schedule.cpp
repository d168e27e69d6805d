#include <algorithm>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"
#include "compiler/recipe/blocks.h"
#include "compiler/recipe/fields.h"
#include "compiler/recipe/load.h"
#include "compiler/recipe/values.h"

namespace lcr::binding {
namespace {

constexpr FieldSpec device_fields[] = {{"memory", "<="}, {"reserve"}};
constexpr FieldSpec host_fields[] = {{"memory", "<="}, {"pinned", "<="}};
constexpr FieldSpec disk_fields[] = {{"memory", "<=", true}};
constexpr FieldSpec schedule_fields[] = {{"checkpoint"}, {"workers"}};
constexpr ArgumentSpec every_arguments[] = {{"duration", true, true}};
constexpr int64_t largest_id = 1023;

// Absent fields stay absent: their defaults depend on the machine.
std::optional<int64_t> read_size(Binder& binder, Scope& scope, const FieldMap& found, const std::string& name) {
  auto field = found.find(name);
  if (field == found.end()) return std::nullopt;
  return read_bytes(binder, scope, field->second->value, fmt::format("`{}`", name));
}

// Nothing after a report.
std::optional<std::vector<int64_t>> read_ids(Binder& binder, const std::vector<syntax::Range>& ranges) {
  std::vector<int64_t> ids;
  for (const syntax::Range& range : ranges) {
    if (range.first < 0 || range.last < range.first || range.step < 1 || range.last > largest_id) {
      binder.report(codes::L2052, range.span, "a range of devices ends before it begins, or leaves 0..1023")
          .help("for example `cuda(0..3)`");
      return std::nullopt;
    }
    for (int64_t id = range.first; id <= range.last; id += range.step) ids.push_back(id);
  }
  return ids;
}

// A device is named once, and its reserve leaves something.
void read_device(Binder& binder, Scope& scope, const syntax::Place& place, Schedule& result) {
  DevicePlace device;
  device.span = place.span;
  device.kind = place.device->text;
  if (device.kind != "cuda") {
    suggest(
        binder.report(codes::L2032, place.device->span, fmt::format("there is no kind of device `{}`", device.kind)),
        device.kind, {"cuda"});
    return;
  }
  std::optional<std::vector<int64_t>> listed = read_ids(binder, place.ids);
  FieldMap found = read_fields(binder, scope, place.fields, device_fields, "a device", place.device->span);
  device.memory = read_size(binder, scope, found, "memory");
  if (auto reserve = read_size(binder, scope, found, "reserve")) device.reserve = *reserve;
  if (device.memory && device.reserve >= *device.memory) {
    auto field = found.find("reserve");
    Span span = field == found.end() ? found.find("memory")->second->span : field->second->span;
    binder.report(
        codes::L2031, span,
        fmt::format("the reserve of {} leaves nothing of {}", bytes_text(device.reserve), bytes_text(*device.memory)));
  }
  if (!listed) return;
  device.ids = std::move(*listed);
  // Without ids it is the first device.
  std::vector<int64_t> ids = device.ids.empty() ? std::vector<int64_t>{0} : device.ids;
  for (const DevicePlace& other : result.devices) {
    std::vector<int64_t> taken = other.ids.empty() ? std::vector<int64_t>{0} : other.ids;
    auto twice = std::find_first_of(ids.begin(), ids.end(), taken.begin(), taken.end());
    if (twice == ids.end()) continue;
    binder.report(codes::L2064, place.device->span, fmt::format("the device cuda({}) is named twice", *twice))
        .label(other.span, "first here");
    return;
  }
  result.devices.push_back(std::move(device));
}

// Pinned memory is part of the memory of the host.
void read_host(Binder& binder, Scope& scope, const syntax::Place& place, Schedule& result) {
  if (result.host) {
    binder.report(codes::L2064, place.span, "the host is named twice").label(result.host->span, "first here");
    return;
  }
  HostPlace host;
  host.span = place.span;
  FieldMap found = read_fields(binder, scope, place.fields, host_fields, "the host", place.span);
  host.memory = read_size(binder, scope, found, "memory");
  host.pinned = read_size(binder, scope, found, "pinned");
  if (host.memory && host.pinned && *host.pinned > *host.memory) {
    binder.report(
        codes::L2031, found["pinned"]->span,
        fmt::format("{} of pinned memory do not fit in {}", bytes_text(*host.pinned), bytes_text(*host.memory)));
  }
  result.host = host;
}

// A disk has no default size: lcr does not fill what it was not given.
void read_disk(Binder& binder, Scope& scope, const syntax::Place& place, Schedule& result) {
  DiskPlace disk;
  disk.span = place.span;
  disk.path = resolve_path(binder.sources, place.path->text, place.path->span);
  FieldMap found = read_fields(binder, scope, place.fields, disk_fields, "a disk", place.path->span);
  disk.memory = read_size(binder, scope, found, "memory");
  for (const DiskPlace& other : result.disks) {
    if (other.path != disk.path) continue;
    binder.report(codes::L2064, place.path->span, fmt::format("the disk `{}` is named twice", disk.path))
        .label(other.span, "first here");
    return;
  }
  result.disks.push_back(std::move(disk));
}

// checkpoint = every(10min)
void read_checkpoint(Binder& binder, Scope& scope, const syntax::Value& value, Schedule& result) {
  const syntax::Call* call = as_call(value);
  if (!call || call->name.text != "every") {
    report_type(binder, value, "`checkpoint`", "a time between two checkpoints")
        .help("write `checkpoint = every(10min)`");
    return;
  }
  ArgumentMap arguments = read_arguments(binder, *call, every_arguments);
  auto found = arguments.find("duration");
  if (found == arguments.end()) return;
  std::optional<double> seconds =
      read_measure(binder, scope, *found->second, Dimension::Duration, "the time between two checkpoints");
  if (seconds && *seconds <= 0)
    report_range(binder, *found->second, "the time between two checkpoints", "above 0s");
  else if (seconds)
    result.checkpoint_seconds = *seconds;
}

void read_workers(Binder& binder, Scope& scope, const syntax::Value& value, Schedule& result) {
  std::optional<int64_t> workers = read_count(binder, scope, value, "`workers`");
  if (workers && (*workers < 1 || *workers > 4096))
    report_range(binder, value, "`workers`", "between 1 and 4096");
  else
    result.workers = workers;
}

}  // namespace

Schedule read_schedule(Binder& binder, Scope& scope, const syntax::Schedule& block, Span head) {
  Schedule result;
  result.span = head;
  syntax::Fields plain;
  for (const auto& item : block.items) {
    if (auto* field = std::get_if<syntax::Field>(&item)) {
      plain.fields.push_back(*field);
      continue;
    }
    const auto& place = std::get<syntax::Place>(item);
    switch (place.kind) {
      case syntax::Place::Kind::Device: read_device(binder, scope, place, result); break;
      case syntax::Place::Kind::Host: read_host(binder, scope, place, result); break;
      case syntax::Place::Kind::Disk: read_disk(binder, scope, place, result); break;
    }
  }
  FieldMap found = read_fields(binder, scope, plain, schedule_fields, "a schedule", head);
  if (auto field = found.find("checkpoint"); field != found.end())
    read_checkpoint(binder, scope, field->second->value, result);
  if (auto field = found.find("workers"); field != found.end())
    read_workers(binder, scope, field->second->value, result);
  return result;
}

}  // namespace lcr::binding
