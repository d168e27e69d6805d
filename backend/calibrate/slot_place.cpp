#include "backend/calibrate/slot_place.h"

#include <ATen/ATen.h>

namespace lcr {

void to_waiting(Slot& slot) {
  for (at::Tensor* tensor : {&slot.tensor, &slot.indices}) {
    if (!tensor->defined() || !tensor->is_cuda()) continue;
    at::Tensor host = at::empty(tensor->sizes(), tensor->options().device(at::kCPU).pinned_memory(true));
    host.copy_(*tensor, /*non_blocking=*/true);
    *tensor = host;
  }
}

void to_device(Slot& slot, const std::string& device) {
  const at::Device target(device);
  for (at::Tensor* tensor : {&slot.tensor, &slot.indices})
    if (tensor->defined() && tensor->device().type() != target.type())
      *tensor = tensor->to(target, tensor->scalar_type(), /*non_blocking=*/true);
}

}  // namespace lcr
