#include <algorithm>

#include <fmt/format.h>

#include "backend/data/rows.h"
#include "backend/data/text_encoding.h"
#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {
namespace {

bool report_problems(const std::string& path, const std::vector<Row>& rows, const std::vector<EncodedText>& encoded,
                     Diagnostics& diagnostics) {
  bool any = false;
  for (size_t i = 0; i < rows.size() && !any; ++i) {
    if (rows[i].has_ids || encoded[i].problem.empty()) continue;
    any = true;
    diagnostics.report(codes::L8003, fmt::format("line {} of `{}` cannot be tokenized: {}", rows[i].line, path, encoded[i].problem))
        .with("file", path)
        .with("line", static_cast<int64_t>(rows[i].line));
  }
  return any;
}

}  // namespace

std::optional<TokenStream> tokenize_rows(const std::string& path, const std::vector<Row>& rows,
                                         const std::shared_ptr<const Tokenizer>& tokenizer, unsigned threads,
                                         Diagnostics& diagnostics) {
  auto text = std::find_if(rows.begin(), rows.end(), [](const Row& row) { return !row.has_ids; });
  std::vector<EncodedText> encoded(rows.size());
  if (text != rows.end()) {
    if (!tokenizer) {
      diagnostics.report(codes::L8006, fmt::format("line {} of `{}` holds text and there is no tokenizer", text->line, path))
          .help("put a `tokenizer.json` into the model's directory, or give rows with `input_ids`");
      return std::nullopt;
    }
    // Rows with ids have no text; what an empty one gives is not used.
    std::vector<std::string_view> texts;
    for (const Row& row : rows) texts.push_back(row.text);
    encoded = encode_texts(texts, tokenizer, true, threads);
    if (report_problems(path, rows, encoded, diagnostics)) return std::nullopt;
  }
  TokenStream stream;
  stream.documents = rows.size();
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::vector<int32_t>& ids = rows[i].has_ids ? rows[i].ids : encoded[i].ids;
    stream.ids.insert(stream.ids.end(), ids.begin(), ids.end());
  }
  return stream;
}

std::optional<Windows> cut_windows(const TokenStream& stream, uint64_t length, std::optional<uint64_t> count,
                                   Diagnostics& diagnostics) {
  uint64_t available = stream.ids.size() / length;
  uint64_t wanted = count.value_or(available);
  if (wanted > available || wanted == 0) {
    std::string asked = count ? fmt::format("{} windows", *count) : "one window";
    diagnostics
        .report(codes::L8005, fmt::format("the data has {} ids, which is {} windows of {} ids, but {} asked for",
                                         stream.ids.size(), available, length, asked + (count && *count != 1 ? " are" : " is")))
        .help("give more data, fewer windows or a smaller length");
    return std::nullopt;
  }
  auto end = stream.ids.begin() + static_cast<ptrdiff_t>(wanted * length);
  return Windows{length, std::vector<int32_t>(stream.ids.begin(), end)};
}

}  // namespace lcr
