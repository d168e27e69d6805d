#include "backend/rotations/folded_rows.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "backend/forward/device.h"
#include "backend/forward/dtypes.h"
#include "backend/forward/host_copies.h"
#include "backend/rotations/fold.h"
#include "compiler/diagnostics/codes/run.h"

namespace lcr {
namespace {

at::Tensor viewed(const WeightRows& rows, const Dims& shape) {
  at::Tensor flat = at::from_blob(const_cast<void*>(rows.data), {rows.rows, rows.columns}, {rows.stride, 1},
                                  at::TensorOptions(scalar_type(rows.dtype)));
  Dims part = shape;
  part[0] = rows.rows;
  return flat.reshape(part);
}

}  // namespace

bool open_fold(const std::vector<Rotation>& rotations, const LearnedRotations* learned, const Checkpoint& checkpoint,
               const ModelGraph& graph, const std::string& device, std::shared_ptr<const Fold>& fold, Diagnostics& diagnostics) {
  if (std::none_of(rotations.begin(), rotations.end(), [](const Rotation& one) { return one.folded(); })) return true;
  if (!load_device(device)) {
    diagnostics
        .report(codes::L6031, fmt::format("the plan needs the device `{}`, and this machine has none that works", device))
        .help("plan for the CPU: `--device cpu`");
    return false;
  }
  c10::InferenceMode guard;
  auto weights = CheckpointWeights::open(checkpoint, graph, diagnostics);
  if (!weights) return false;
  fold = fold_of(rotations, graph, *weights, device, learned);
  if (!weights->problems().has_errors()) return true;
  diagnostics.append(weights->problems());
  return false;
}

bool folds(const Fold& fold, uint32_t module) { return fold.changes(module); }

WeightRows folded_rows(const Fold& fold, uint32_t module, uint32_t tensor, const WeightRows& stored, const Dims& shape,
                       int64_t first, Dtype wanted, bool stay, FoldedMemory& memory, Diagnostics& diagnostics) {
  c10::InferenceMode guard;
  memory = {};
  const bool on_device = !at::Device(fold.device()).is_cpu();
  WeightRows rows{nullptr, Dtype::F32, stored.rows, stored.columns, stored.columns};
  try {
    at::Tensor turned = fold.apply(module, tensor, viewed(stored, shape), first).contiguous();
    if (on_device && stay) {
      const c10::impl::VirtualGuardImpl impl(turned.device().type());
      impl.getStream(turned.device()).synchronize();
      rows.on_device = true;
    } else {
      // Rounded where it is made: half of the bytes come back.
      if (on_device) turned = host_copy(turned.to(scalar_type(wanted))), rows.dtype = wanted;
      memory.host_bytes = turned.nbytes();
    }
    rows.data = turned.data_ptr();
    memory.held = std::make_shared<const at::Tensor>(std::move(turned));
  } catch (const c10::Error&) {
    diagnostics.report(codes::L6056, "the device failed, or has too little memory, while rotations were folded")
        .help("finished files are kept: go on with `--resume`, or plan for the CPU: `--device cpu`");
    return {};
  }
  return rows;
}

void share_cores(int threads) {
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  at::set_num_threads(std::max(1, cores / std::max(1, threads)));
}

}  // namespace lcr
