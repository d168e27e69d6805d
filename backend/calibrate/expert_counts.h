#pragma once

#include "backend/calibrate/layer_run.h"
#include "backend/calibrate/unit_store.h"

namespace lcr {

// Tells how many tokens the router sent to the experts of a layer, and which of them got fewer than `coverage`: one event
// for each dispatch.
void tell_experts(const ModelGraph& graph, const UnitPlace& place, const std::map<uint32_t, ExpertCounts>& counts,
                  int64_t coverage, const TellEvent& tell);

}  // namespace lcr
