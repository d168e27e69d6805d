#pragma once

#include <cstdint>
#include <string>

#include "planner/plan/plan.h"

namespace lcr {

// "self_attn.q_proj, self_attn.k_proj", with the numbers of experts where there are some.
std::string job_names(const Job& job);
// "W4A16 with gptq", "copied".
std::string job_result(const Plan& plan, const Job& job);
// The unit's name with how many layers it stands for and which: "decoder_layer.0 x4: model.layers.{0..3}".
std::string unit_title(const Unit& unit);

// Bytes of all operations of a kind, all experts of one instance.
int64_t job_bytes(const Job& job, OperationKind kind);

}  // namespace lcr
