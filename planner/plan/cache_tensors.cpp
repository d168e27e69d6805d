#include "planner/plan/cache_tensors.h"

namespace lcr {
namespace {

Dtype dtype_of(ScaleType scale, Dtype model) {
  switch (scale) {
    case ScaleType::F32: return Dtype::F32;
    case ScaleType::BF16: return Dtype::BF16;
    case ScaleType::F16: return Dtype::F16;
    default: return model;
  }
}

std::string_view suffix_of(AttentionPoint::Kind kind) {
  switch (kind) {
    case AttentionPoint::Kind::Keys: return "k_scale";
    case AttentionPoint::Kind::Values: return "v_scale";
    case AttentionPoint::Kind::Queries: break;
  }
  return "q_scale";
}

}  // namespace

std::vector<EncodedTensor> plan_cache(const Format& format, AttentionPoint::Kind kind, int64_t heads, Dtype model) {
  if (format.dynamic) return {};
  const Dims shape = format.per == Per::Head ? Dims{heads, 1, 1} : Dims{1};
  return {{Part::Scales, suffix_of(kind), dtype_of(format.scale, model), shape}};
}

}  // namespace lcr
