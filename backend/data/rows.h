#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/data/tokenizer.h"
#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// One line of a data file. A row with ids is used as it is, whatever else the line holds.
struct Row {
  std::string text;
  std::vector<int32_t> ids;
  bool has_ids = false;
  // 1-based.
  uint32_t line = 0;
};

struct RowOptions {
  std::string text_field = "text";
  std::string ids_field = "input_ids";
  // Ids must be below it; 0 for no limit but 2^31.
  int64_t id_limit = 0;
};

// The rows of a JSONL file in order; blank lines are none. Empty after diagnostics that name the lines.
std::optional<std::vector<Row>> read_rows(const std::string& path, const RowOptions& options, Diagnostics& diagnostics);

// The ids of all rows one after another.
struct TokenStream {
  std::vector<int32_t> ids;
  uint64_t documents = 0;
};

// Each text is encoded by itself with the post-processor's ids and without truncation. `tokenizer` may be null when all
// rows hold ids. The stream is the same for any number of threads (at least 1). Empty after diagnostics.
std::optional<TokenStream> tokenize_rows(const std::string& path, const std::vector<Row>& rows,
                                         const std::shared_ptr<const Tokenizer>& tokenizer, unsigned threads,
                                         Diagnostics& diagnostics);

// Non-overlapping windows of `length` ids, one after another in `ids`.
struct Windows {
  uint64_t length = 0;
  std::vector<int32_t> ids;
  uint64_t count() const { return ids.size() / length; }
};

// Cuts the stream from its start and drops the last partial window. `count` windows, or all without it; too few are a
// diagnostic, and so is none. `length` is at least 1.
std::optional<Windows> cut_windows(const TokenStream& stream, uint64_t length, std::optional<uint64_t> count,
                                   Diagnostics& diagnostics);

}  // namespace lcr
