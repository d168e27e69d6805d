#include "backend/data/bpe.h"

#include <algorithm>
#include <queue>

#include <fmt/format.h>

#include "backend/data/unicode.h"

namespace lcr {
namespace {

uint64_t pair_key(int32_t left, int32_t right) { return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right); }

const PairTable::Value* merge_of(const Bpe& model, int32_t left, int32_t right) {
  return model.merges.find(pair_key(left, right));
}

// Up to this many symbols looking for the best pair beats keeping a heap.
constexpr size_t kShortWord = 24;

// Merges symbols[begin..] in place: always the pair of the lowest rank, the leftmost of these.
void merge_short(const Bpe& model, std::vector<int32_t>& symbols, size_t begin) {
  uint32_t ranks[kShortWord];
  uint32_t merged[kShortWord];
  auto look = [&](size_t i) {
    const PairTable::Value* merge = begin + i + 1 < symbols.size() ? merge_of(model, symbols[begin + i], symbols[begin + i + 1]) : nullptr;
    ranks[i] = merge ? merge->first : UINT32_MAX;
    merged[i] = merge ? merge->second : 0;
  };
  size_t count = symbols.size() - begin;
  for (size_t i = 0; i < count; ++i) look(i);
  while (count > 1) {
    size_t best = std::min_element(ranks, ranks + count) - ranks;
    if (ranks[best] == UINT32_MAX) return;
    symbols[begin + best] = static_cast<int32_t>(merged[best]);
    symbols.erase(symbols.begin() + static_cast<ptrdiff_t>(begin + best + 1));
    std::copy(ranks + best + 2, ranks + count, ranks + best + 1);
    std::copy(merged + best + 2, merged + count, merged + best + 1);
    --count;
    look(best);
    if (best > 0) look(best - 1);
  }
}

struct Candidate {
  uint32_t rank;
  uint32_t at;
  int32_t merged;
  bool operator>(const Candidate& other) const { return rank != other.rank ? rank > other.rank : at > other.at; }
};

// The same with a heap of candidate pairs over a linked list, O(n log n).
class LongWord {
 public:
  LongWord(const Bpe& model, std::vector<int32_t>& symbols, size_t begin) : model_(model), symbols_(symbols), begin_(begin) {
    uint32_t count = static_cast<uint32_t>(symbols.size() - begin);
    nodes_.resize(count);
    for (uint32_t i = 0; i < count; ++i) nodes_[i] = {symbols[begin + i], i - 1, i + 1 < count ? i + 1 : kNone};
  }

  void run() {
    for (uint32_t i = 0; i < nodes_.size(); ++i) offer(i);
    while (!heap_.empty()) {
      Candidate top = heap_.top();
      heap_.pop();
      Node& node = nodes_[top.at];
      if (node.id < 0 || node.next == kNone) continue;
      // A neighbour may have merged since the candidate was made.
      const PairTable::Value* merge = merge_of(model_, node.id, nodes_[node.next].id);
      if (!merge || static_cast<int32_t>(merge->second) != top.merged) continue;
      join(top.at, top.merged);
    }
    size_t kept = begin_;
    for (const Node& node : nodes_)
      if (node.id >= 0) symbols_[kept++] = node.id;
    symbols_.resize(kept);
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Node {
    int32_t id;
    uint32_t previous;
    uint32_t next;
  };

  void offer(uint32_t at) {
    const Node& node = nodes_[at];
    if (node.next == kNone) return;
    const PairTable::Value* merge = merge_of(model_, node.id, nodes_[node.next].id);
    if (merge) heap_.push({merge->first, at, static_cast<int32_t>(merge->second)});
  }

  void join(uint32_t at, int32_t merged) {
    Node& node = nodes_[at];
    Node& right = nodes_[node.next];
    node.id = merged;
    node.next = right.next;
    right.id = -1;
    if (node.next != kNone) nodes_[node.next].previous = at;
    if (node.previous != kNone) offer(node.previous);
    offer(at);
  }

  const Bpe& model_;
  std::vector<int32_t>& symbols_;
  size_t begin_;
  std::vector<Node> nodes_;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> heap_;
};

void merge_all(const Bpe& model, std::vector<int32_t>& symbols, size_t begin) {
  if (symbols.size() - begin <= kShortWord) {
    merge_short(model, symbols, begin);
  } else {
    LongWord(model, symbols, begin).run();
  }
}

bool append_fallback(const Bpe& model, std::string_view letter, std::vector<int32_t>& ids) {
  bool all = std::all_of(letter.begin(), letter.end(), [&](char c) { return model.fallback[static_cast<uint8_t>(c)] >= 0; });
  if (all)
    for (char c : letter) ids.push_back(model.fallback[static_cast<uint8_t>(c)]);
  return all;
}

// The first symbols of a word, one a code point where the vocabulary knows it.
bool append_symbols(const Bpe& model, std::string_view word, std::vector<int32_t>& ids) {
  std::string affixed;
  // An unknown token is held back until the next known symbol, so that following ones can fuse with it.
  bool pending = false;
  for (size_t at = 0; at < word.size();) {
    size_t begin = at;
    next_code_point(word, at);
    std::string_view letter = word.substr(begin, at - begin);
    bool with_prefix = begin > 0 && !model.prefix.empty();
    bool with_suffix = at >= word.size() && !model.suffix.empty();
    if (with_prefix || with_suffix) {
      affixed = (with_prefix ? model.prefix : "") + std::string(letter) + (with_suffix ? model.suffix : "");
      letter = affixed;
    }
    int32_t id = model.vocabulary.find(letter);
    if (id >= 0) {
      if (pending) ids.push_back(model.unknown);
      pending = false;
      ids.push_back(id);
      continue;
    }
    if (model.byte_fallback && append_fallback(model, letter, ids)) continue;
    if (model.unknown == -1) continue;
    if (model.unknown < 0) return false;
    if (pending && !model.fuse_unknown) ids.push_back(model.unknown);
    pending = true;
  }
  if (pending) ids.push_back(model.unknown);
  return true;
}

}  // namespace

void find_fallback(Bpe& model) {
  for (int byte = 0; byte < 256; ++byte) model.fallback[byte] = model.vocabulary.find(fmt::format("<0x{:02X}>", byte));
}

bool use_raw_bytes(Bpe& model) {
  if (!model.prefix.empty() || !model.suffix.empty()) return false;
  std::string letter;
  for (int byte = 0; byte < 256; ++byte) {
    letter.clear();
    append_code_point(letter, byte_letter(static_cast<uint8_t>(byte)));
    model.letters[byte] = model.vocabulary.find(letter);
    if (model.letters[byte] < 0) return false;
  }
  // Tokens with other code points cannot be met by a word of letters.
  Vocabulary raw;
  raw.reserve(model.vocabulary.size(), 0);
  std::string bytes;
  model.vocabulary.for_each([&](std::string_view token, int32_t id) {
    bytes.clear();
    for (size_t at = 0; at < token.size();) {
      int byte = letter_byte(next_code_point(token, at));
      if (byte < 0) return;
      bytes.push_back(static_cast<char>(byte));
    }
    raw.set(bytes, id);
  });
  model.vocabulary = std::move(raw);
  model.raw_bytes = true;
  return true;
}

bool encode_word(const Bpe& model, std::string_view word, std::vector<int32_t>& ids) {
  if (model.ignore_merges) {
    int32_t id = model.vocabulary.find(word);
    if (id >= 0) {
      ids.push_back(id);
      return true;
    }
  }
  size_t begin = ids.size();
  if (model.raw_bytes) {
    for (char byte : word) ids.push_back(model.letters[static_cast<uint8_t>(byte)]);
  } else if (!append_symbols(model, word, ids)) {
    return false;
  }
  merge_all(model, ids, begin);
  return true;
}

}  // namespace lcr
