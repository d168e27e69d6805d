#include <ATen/ATen.h>

#include "backend/forward/step.h"
#include "backend/forward/template_runner.h"

namespace lcr {

at::Tensor TemplateRunner::dispatch(const Step& step) {
  const Attributes& a = step.node.attributes;
  const at::Tensor& x = step.in(0);
  if (runs_together(step.node.callee, x)) return dispatch_together(step);
  const Slot& routing = step.values[step.node.inputs[1]];
  int64_t k = routing.indices.size(1);
  at::Tensor chosen = routing.indices.flatten();
  // Entries sorted by expert; stable, so an expert's rows keep their order, and experts are summed in theirs.
  at::Tensor order = std::get<1>(at::sort(chosen, /*stable=*/true, /*dim=*/0, /*descending=*/false));
  at::Tensor counts = at::bincount(chosen.cpu(), {}, a.experts);
  at::Tensor weights = routing.tensor.flatten();

  Dims shape = step.shape(0);
  shape[0] = x.size(0);
  at::Tensor out = at::zeros(shape, x.options().dtype(a.compute == Compute::F32 ? at::kFloat : x.scalar_type()));
  const int64_t* count = counts.data_ptr<int64_t>();
  int64_t begin = 0;
  for (int64_t expert = 0; expert < a.experts; ++expert) {
    if (count[expert] == 0) continue;
    at::Tensor entries = order.narrow(0, begin, count[expert]);
    begin += count[expert];
    at::Tensor rows = entries.floor_divide(k);
    at::Tensor share = weights.index_select(0, entries).unsqueeze(-1);
    at::Tensor input = x.index_select(0, rows);
    if (a.scale_input) input = input * share;
    NodePlace place{step.node.callee, step.place.instance, static_cast<int32_t>(expert)};
    at::Tensor y = run(place, {Slot{input, {}}}, step.pack)[0].tensor;
    if (!a.scale_input) y = y * share;
    out.index_add_(0, rows, y.to(out.scalar_type()));
  }
  return out.to(x.scalar_type());
}

}  // namespace lcr
