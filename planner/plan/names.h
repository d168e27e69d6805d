#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "planner/plan/plan.h"

namespace lcr {

// The absolute name of a module or tensor that a job of the plan gives relative to `instance`; `{e}` becomes the
// expert's number unless it is negative.
std::string name_in(std::string_view instance, std::string_view relative, int64_t expert = -1);

// Whether `name` is a module or tensor below the instance; everything lies below "".
bool lies_below(std::string_view name, std::string_view instance);
// What is left of a name that lies below.
std::string_view relative_to(std::string_view instance, std::string_view name);

// What a job makes or copies: its modules, tensors, points or matrices.
inline const std::vector<std::string>& names_of(const Job& job) {
  for (const auto* names : {&job.modules, &job.tensors, &job.points})
    if (!names->empty()) return *names;
  return job.matrices;
}

// How often a job is done for one instance.
inline int64_t times(const Job& job) { return job.experts == 0 ? 1 : job.experts; }

std::string_view name_of(PlaceKind place);
std::string_view name_of(OperationKind kind);

}  // namespace lcr
