#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// The content of a tokenizer.json; constant, may be shared by threads.
struct TokenizerTables;

class Tokenizer {
 public:
  explicit Tokenizer(std::shared_ptr<const TokenizerTables> tables) : tables_(std::move(tables)) {}

  const TokenizerTables& tables() const { return *tables_; }
  // One more than the highest id that it can give.
  int64_t id_limit() const;

 private:
  std::shared_ptr<const TokenizerTables> tables_;
};

// Null after diagnostics: a file that is broken or asks for something unknown gives no tokenizer, because ids that are
// almost right are worse than none. Truncation and padding of the file are not applied.
std::shared_ptr<const Tokenizer> read_tokenizer(const std::string& path, Diagnostics& diagnostics);
// `name` stands for the file in diagnostics.
std::shared_ptr<const Tokenizer> parse_tokenizer(std::string_view json, const std::string& name, Diagnostics& diagnostics);

// Turns texts into ids; remembers words. One for each thread.
class Encoder {
 public:
  explicit Encoder(std::shared_ptr<const Tokenizer> tokenizer);
  ~Encoder();
  Encoder(Encoder&&) noexcept;

  // Appends the ids of `text`, with those that the post-processor puts around them when `add_special_tokens`. False
  // with the reason in problem() when the text cannot be encoded; `ids` is then as before.
  bool encode(std::string_view text, bool add_special_tokens, std::vector<int32_t>& ids);
  const std::string& problem() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lcr
