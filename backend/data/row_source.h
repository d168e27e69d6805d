#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/data/calibration.h"
#include "backend/data/tokenizer.h"

namespace lcr {

// What the sources of one request share.
struct SourceContext {
  const CalibrationRequest& request;
  std::string model_dir;
  CalibrationOptions options;
  Diagnostics& diagnostics;
  // The model's, read when the first source needs it.
  std::shared_ptr<const Tokenizer> tokenizer;

  // Null after a diagnostic.
  std::shared_ptr<const Tokenizer> need_tokenizer();
  // Whether the model knows the ids; reports the first other one. `place` says where it stands: "line 3 of `a.jsonl`".
  bool check_ids(const std::vector<int64_t>& ids, const std::string& place);
};

// The rows of one source in the order of the pick.
class RowSource {
 public:
  virtual ~RowSource() = default;
  // The next rows, `count` of them unless the source ends. Rows are whole; one that holds nothing has no ids. Empty
  // after diagnostics.
  virtual std::optional<std::vector<CalibrationRow>> next(size_t count) = 0;
};

// Null after diagnostics. The source and the context must outlive what is opened.
std::unique_ptr<RowSource> open_text_lines(const CalibrationSource& source, SourceContext& context);
std::unique_ptr<RowSource> open_text_file(const CalibrationSource& source, SourceContext& context);
std::unique_ptr<RowSource> open_chat_lines(const CalibrationSource& source, SourceContext& context);
std::unique_ptr<RowSource> open_token_lines(const CalibrationSource& source, SourceContext& context);
std::unique_ptr<RowSource> open_token_tensor(const CalibrationSource& source, SourceContext& context);
// By the kind and the name of the file.
std::unique_ptr<RowSource> open_source(const CalibrationSource& source, SourceContext& context);

}  // namespace lcr
