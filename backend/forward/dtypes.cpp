#include "backend/forward/dtypes.h"

#include <ATen/ATen.h>

#include "compiler/diagnostics/check.h"

namespace lcr {

namespace {

// Every dtype of a safetensors header.
constexpr std::pair<Dtype, at::ScalarType> counterparts[] = {
    {Dtype::Bool, at::kBool},
    {Dtype::U8, at::kByte},
    {Dtype::I8, at::kChar},
    {Dtype::F8E4M3, at::kFloat8_e4m3fn},
    {Dtype::F8E5M2, at::kFloat8_e5m2},
    {Dtype::F8E8M0, at::kFloat8_e8m0fnu},
    {Dtype::U16, at::kUInt16},
    {Dtype::I16, at::kShort},
    {Dtype::F16, at::kHalf},
    {Dtype::BF16, at::kBFloat16},
    {Dtype::U32, at::kUInt32},
    {Dtype::I32, at::kInt},
    {Dtype::F32, at::kFloat},
    {Dtype::U64, at::kUInt64},
    {Dtype::I64, at::kLong},
    {Dtype::F64, at::kDouble},
};

}  // namespace

at::ScalarType scalar_type(Dtype dtype) {
  for (auto [ours, theirs] : counterparts)
    if (ours == dtype) return theirs;
  LCR_CHECK(false, "dtype without a counterpart");
}

}  // namespace lcr
