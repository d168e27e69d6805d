#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "backend/calibrate/calibrate.h"

namespace lcr {

// What rounding groups of modules costs the model, alone and with everything else as it is.
struct MeasureRequest {
  std::vector<Plan> plans;                       // number c: every group at its candidate c
  std::vector<std::vector<std::string>> groups;  // paths of modules
  std::string measure;                           // error, hessian, kl
};

// Group, candidate, score. Candidates that keep a group cost nothing, and are not told.
using TellScore = std::function<void(size_t group, size_t candidate, double score)>;

// error: the sum over a group's modules of |W - Q|^2 / |W|^2 and, where inputs are rounded, |x - q(x)|^2 / |x|^2 of normal
// noise. Without data, by rounding to nearest.
// hessian: the same with tr(E H E^T) / tr(W H W^T) for the weights, H the second moment of what the module reads in the
// unchanged model, E what the candidate's own solver leaves (gptq, or rounding).
// kl: KL(model || model with the group rounded to nearest, inputs too), mean over the tokens of the data.
// Of experts each counts as one over their number.
CalibrationEnd measure(const MeasureRequest& request, const ModelGraph& graph, const Checkpoint& checkpoint,
                       const CalibrateOptions& options, const TellScore& tell, const std::atomic<bool>& stop,
                       Diagnostics& diagnostics);

}  // namespace lcr
