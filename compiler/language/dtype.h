#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace lcr {

// Dtypes of safetensors. Fp4 pairs and packed integers are U8 or I32 there.
enum class Dtype : uint8_t { Bool, U8, I8, F8E4M3, F8E5M2, F8E8M0, U16, I16, F16, BF16, U32, I32, F32, U64, I64, F64 };

// Bytes of one element.
int64_t size_of(Dtype dtype);

// As in a safetensors header: "BF16", "F8_E4M3".
std::string_view name_of(Dtype dtype);
std::optional<Dtype> dtype_named(std::string_view name);

bool is_float(Dtype dtype);

// Extents, outermost first. No extents: a scalar of one element.
using Dims = std::vector<int64_t>;
int64_t elements_of(const Dims& dims);

}  // namespace lcr
