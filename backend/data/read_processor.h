#pragma once

#include "backend/data/tokenizer_part.h"

#include <vector>

namespace lcr {

// What stands around the ids of a text: ids, and kTextIds where the text's own ids go.
using IdTemplate = std::vector<int32_t>;
constexpr int32_t kTextIds = -1;

// Reads a post-processor into `ids`; problems go to the reader.
void read_processor(PartReader& reader, simdjson::dom::element value, std::string place, IdTemplate& ids);

}  // namespace lcr
