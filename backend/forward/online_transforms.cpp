#include "backend/forward/online_transforms.h"

#include <ATen/ATen.h>

namespace lcr {

OnlineTransforms OnlineTransforms::on(at::Device device) const {
  std::map<const OrthogonalMatrix*, std::shared_ptr<const OrthogonalMatrix>> moved;
  auto place = [&](OnlineTransform& one) {
    if (!one) return;
    auto [found, fresh] = moved.try_emplace(one.rotation.get());
    if (fresh) found->second = std::make_shared<OrthogonalMatrix>(one.rotation->to(device, at::kFloat));
    one.rotation = found->second;
  };
  OnlineTransforms result = *this;
  for (auto& [module, transforms] : result.modules) place(transforms.input), place(transforms.output);
  for (auto& [attend, transforms] : result.attentions) place(transforms.queries), place(transforms.keys);
  return result;
}

}  // namespace lcr
