#pragma once

#include <cstdint>

#include "backend/formats/codec.h"

namespace lcr {

// Dequantizes `rows` rows into out, row-major with `columns` of the codec to a row; out_dtype is F32, BF16 or F16. In
// fp32 w = (q - zero point) * (scale / global), each operation rounded once; BF16 and F16 are that, rounded again, which
// is what compressed-tensors and transformers give in these dtypes. The tile begins at a multiple of row_alignment().
void decode(const Codec& codec, const EncodedSource& source, int64_t rows, void* out, Dtype out_dtype);

// Sources that are quantized already. Each codec describes what `decode` reads.

// fp8 weights with one scale a block (`weight_scale_inv`, a multiplier in spite of its name). `scale` is its dtype.
Codec fp8_block_codec(int64_t out, int64_t in, int64_t block_rows, int64_t block_columns, Dtype scale);

// Tensors `*_blocks` [out, in/32, 16] and `*_scales` [out, in/32] U8: e2m1 pairs, low nibble first, and exponents.
Codec mxfp4_blocks_codec(int64_t out, int64_t in);

}  // namespace lcr
