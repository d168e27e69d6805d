#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "backend/data/file_text.h"
#include "backend/data/row_order.h"
#include "backend/data/row_source.h"
#include "backend/data/text_encoding.h"
#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {
namespace {

// The text and its ids are in memory at once.
constexpr uintmax_t kLargestFile = uintmax_t{256} << 20;

// Equal rows out of one run of ids; a last partial one is none of them.
class CutRows : public RowSource {
 public:
  CutRows(std::vector<int64_t> ids, int64_t length, RowOrder order)
      : ids_(std::move(ids)), length_(length), order_(std::move(order)) {}

  std::optional<std::vector<CalibrationRow>> next(size_t count) override {
    std::vector<CalibrationRow> rows;
    while (rows.size() < count) {
      auto row = order_.next();
      if (!row) break;
      auto begin = ids_.begin() + static_cast<ptrdiff_t>(*row) * length_;
      rows.push_back({{begin, begin + length_}, {}});
    }
    return rows;
  }

 private:
  std::vector<int64_t> ids_;
  int64_t length_;
  RowOrder order_;
};

}  // namespace

// text(...) of a `.txt` file: the whole file is one text, cut into rows of `length` tokens.
std::unique_ptr<RowSource> open_text_file(const CalibrationSource& source, SourceContext& context) {
  std::error_code error;
  uintmax_t size = std::filesystem::file_size(source.path, error);
  if (!error && size > kLargestFile) {
    context.diagnostics
        .report(codes::L8021, fmt::format("`{}` has {} MiB, and a plain text may have {}", source.path, size >> 20, kLargestFile >> 20))
        .help("write it as JSONL with one document in each line, which is read line by line")
        .with("file", source.path);
    return nullptr;
  }
  if (!context.need_tokenizer()) return nullptr;
  auto text = read_file_text(source.path, context.diagnostics);
  if (!text) return nullptr;
  std::string_view whole = *text;
  std::vector<EncodedText> encoded = encode_texts({&whole, 1}, context.tokenizer, true, 1);
  if (!encoded[0].problem.empty()) {
    context.diagnostics.report(codes::L8003, fmt::format("`{}` cannot be tokenized: {}", source.path, encoded[0].problem))
        .with("file", source.path);
    return nullptr;
  }
  std::vector<int64_t> ids(encoded[0].ids.begin(), encoded[0].ids.end());
  if (!context.check_ids(ids, fmt::format("`{}`", source.path))) return nullptr;
  uint64_t count = text->empty() ? 0 : ids.size() / static_cast<uint64_t>(context.request.length);
  return std::make_unique<CutRows>(std::move(ids), context.request.length, RowOrder::of(context.request, count));
}

}  // namespace lcr
