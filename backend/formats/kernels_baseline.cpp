#include <type_traits>

#include "backend/formats/bits.h"
#include "backend/formats/kernels.h"

namespace lcr::kernels_baseline {
namespace {
#include "backend/formats/kernel_range.h"
#include "backend/formats/kernel_scales.h"
#include "backend/formats/kernel_divide.h"
#include "backend/formats/kernel_code.h"
#include "backend/formats/kernel_pack.h"
#include "backend/formats/kernel_error.h"
#include "backend/formats/kernel_table.h"
}  // namespace

// Constant-initialized: no code of this file may run before the processor is known to have its instructions.
extern const Kernels kernels;
constinit const Kernels kernels = table("baseline");

}  // namespace lcr::kernels_baseline
