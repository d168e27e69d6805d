#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/data/tokenizer.h"

namespace lcr {

struct EncodedText {
  std::vector<int32_t> ids;
  // Why the text cannot be encoded; empty when it was.
  std::string problem;
};

// Each text by itself, without truncation; the same for any number of threads (at least 1).
std::vector<EncodedText> encode_texts(std::span<const std::string_view> texts, const std::shared_ptr<const Tokenizer>& tokenizer,
                                      bool add_special_tokens, unsigned threads);

}  // namespace lcr
