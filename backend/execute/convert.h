#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compiler/language/dtype.h"

namespace lcr {

// `count` numbers of one float dtype as another, rounded to nearest even; equal dtypes give the input back. The result
// lies in `into` or is `data` itself.
const void* converted(const void* data, Dtype from, Dtype to, int64_t count, std::vector<std::byte>& into);

}  // namespace lcr
