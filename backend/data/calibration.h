#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "planner/plan/calibration.h"

namespace lcr {

struct CalibrationRow {
  std::vector<int64_t> ids;
  // As long as `ids`; empty: all tokens count in the statistics.
  std::vector<bool> counted;
};

struct CalibrationSet {
  // What became of one source. Every token that was read is kept, cut or dropped.
  struct SourceReport {
    std::string path;
    // Rows that were used, and rows that were passed over: empty, too long for `skip`, or without a counted token.
    int64_t samples = 0, skipped = 0;
    // Cut: behind `length` of a row that is used. Dropped: of rows passed over, and what fills no last window.
    int64_t tokens_kept = 0, tokens_cut = 0, tokens_dropped = 0;
  };

  // 1 to `length` tokens each; source after source, in the order of the pick.
  std::vector<CalibrationRow> rows;
  std::vector<SourceReport> sources;
  // XXH3 over the rows' lengths, ids and masks.
  uint64_t hash = 0;
};

struct CalibrationOptions {
  // Tokens that the model knows; 0: as many as the ids may have.
  int64_t vocabulary = 0;
  // Without effect on the result.
  unsigned threads = 1;
};

// Reads all sources of a `calibrate` block; paths as they are given. The tokenizer and the chat template are those of
// `model_dir`. `pack` cuts windows source by source. Empty after diagnostics.
std::optional<CalibrationSet> load_calibration(const CalibrationRequest& request, const std::string& model_dir,
                                               Diagnostics& diagnostics, const CalibrationOptions& options = {});

}  // namespace lcr
