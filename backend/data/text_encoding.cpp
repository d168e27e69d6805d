#include "backend/data/text_encoding.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace lcr {

std::vector<EncodedText> encode_texts(std::span<const std::string_view> texts, const std::shared_ptr<const Tokenizer>& tokenizer,
                                      bool add_special_tokens, unsigned threads) {
  std::vector<EncodedText> encoded(texts.size());
  std::atomic<size_t> next{0};
  // Each thread takes the next text that is left.
  auto work = [&] {
    Encoder encoder(tokenizer);
    for (size_t i = next++; i < texts.size(); i = next++)
      if (!encoder.encode(texts[i], add_special_tokens, encoded[i].ids)) encoded[i].problem = encoder.problem();
  };
  std::vector<std::jthread> workers;
  for (size_t i = 1; i < std::min<size_t>(threads, texts.size()); ++i) workers.emplace_back(work);
  work();
  workers.clear();
  return encoded;
}

}  // namespace lcr
