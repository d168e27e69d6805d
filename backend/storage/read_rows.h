#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/storage/source_files.h"
#include "backend/storage/strided.h"

namespace lcr {

// Reads rows first ..< first + count of a view of a stored tensor, row-major and dense, into `into` (count rows of
// row_elements() elements of the stored dtype). `scratch` is kept between calls to save allocations; it holds at most
// a few times the bytes of `into`.
bool read_rows(SourceFiles& files, const StoredTensor& tensor, const StridedView& view, int64_t first, int64_t count,
               std::span<std::byte> into, std::vector<std::byte>& scratch, Diagnostics& diagnostics);

}  // namespace lcr
