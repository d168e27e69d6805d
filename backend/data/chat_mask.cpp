#include "backend/data/chat_mask.h"

#include <algorithm>

#include "backend/data/text_encoding.h"

namespace lcr {
namespace {

// How many ids of `part` are those of the row.
size_t common(const std::vector<int32_t>& part, const std::vector<int64_t>& ids) {
  return static_cast<size_t>(std::mismatch(part.begin(), part.end(), ids.begin(), ids.end()).first - part.begin());
}

}  // namespace

void mark_tokens(std::span<const MarkedText> texts, const std::shared_ptr<const Tokenizer>& tokenizer, unsigned threads,
                 std::span<CalibrationRow> rows) {
  // The text up to the begin and up to the end of every range.
  std::vector<std::string_view> parts;
  for (const MarkedText& text : texts)
    for (const chat::TextRange& range : text.ranges) {
      parts.push_back(std::string_view(text.text).substr(0, range.begin));
      parts.push_back(std::string_view(text.text).substr(0, range.end));
    }
  std::vector<EncodedText> encoded = encode_texts(parts, tokenizer, false, threads);
  auto next = encoded.begin();
  for (size_t i = 0; i < texts.size(); ++i) {
    CalibrationRow& row = rows[i];
    row.counted.assign(row.ids.size(), false);
    for (const chat::TextRange& range : texts[i].ranges) {
      size_t begin = common(next->ids, row.ids);
      size_t end = common((next + 1)->ids, row.ids);
      // The token at a range's end reaches beyond it.
      if (end < (next + 1)->ids.size()) ++end;
      next += 2;
      if (range.begin < range.end)
        for (size_t at = begin; at < std::min(end, row.ids.size()); ++at) row.counted[at] = true;
    }
  }
}

}  // namespace lcr
