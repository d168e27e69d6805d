#include "planner/plan/names.h"

#include "compiler/diagnostics/check.h"

namespace lcr {

std::string name_in(std::string_view instance, std::string_view relative, int64_t expert) {
  std::string name;
  name.reserve(instance.size() + relative.size() + 4);
  name += instance;
  if (!instance.empty() && !relative.empty()) name += '.';
  const size_t mark = expert < 0 ? std::string_view::npos : relative.find("{e}");
  if (mark == std::string_view::npos) return name += relative;
  name += relative.substr(0, mark);
  name += std::to_string(expert);
  return name += relative.substr(mark + 3);
}

bool lies_below(std::string_view name, std::string_view instance) {
  if (instance.empty()) return true;
  return name.size() > instance.size() && name.starts_with(instance) && name[instance.size()] == '.';
}

std::string_view relative_to(std::string_view instance, std::string_view name) {
  LCR_CHECK(lies_below(name, instance), "a name outside of its instance");
  return instance.empty() ? name : name.substr(instance.size() + 1);
}

std::string_view name_of(PlaceKind place) {
  switch (place) {
    case PlaceKind::Host:
      return "host";
    case PlaceKind::Device:
      return "device";
    case PlaceKind::Disk:
      break;
  }
  return "disk";
}

std::string_view name_of(OperationKind kind) {
  switch (kind) {
    case OperationKind::Read:
      return "read";
    case OperationKind::Decode:
      return "decode";
    case OperationKind::Solve:
      return "solve";
    case OperationKind::Pack:
      return "pack";
    case OperationKind::Copy:
      return "copy";
    case OperationKind::Move:
      return "move";
    case OperationKind::Write:
      return "write";
    case OperationKind::Free:
      break;
  }
  return "free";
}

}  // namespace lcr
