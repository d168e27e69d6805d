#include "backend/calibrate/decode_solved.h"

#include <cstring>

#include "backend/formats/decode.h"
#include "compiler/diagnostics/check.h"

namespace lcr {

void decode_solved(const SolvedStore& store, const Module& module, const Precision& precision, Dtype scale_dtype, void* out,
                   Dtype out_dtype) {
  auto part = [&](Part which) {
    auto bytes = store.find(module.path, which);
    return bytes ? bytes->data() : nullptr;
  };
  EncodedSource source{part(Part::Codes), part(Part::Scales), part(Part::ZeroPoints), 1.f};
  LCR_CHECK(source.codes != nullptr && source.scales != nullptr, "a solved module is not in the store");
  std::memcpy(&source.global, part(Part::GlobalScale), sizeof source.global);
  decode(codec_of(precision, module.out, module.in, scale_dtype), source, module.out, out, out_dtype);
}

}  // namespace lcr
