#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/chat/chat_template.h"
#include "backend/data/calibration.h"
#include "backend/data/tokenizer.h"

namespace lcr {

// A text with the ranges of bytes of it that count.
struct MarkedText {
  std::string text;
  std::vector<chat::TextRange> ranges;
};

// Fills `counted` of rows, which are the texts' ids (encoded without special tokens): a token counts when a byte of it
// lies in a range. The place of a byte among the tokens is where the ids of the text before it leave those of the whole.
void mark_tokens(std::span<const MarkedText> texts, const std::shared_ptr<const Tokenizer>& tokenizer, unsigned threads,
                 std::span<CalibrationRow> rows);

}  // namespace lcr
