#include <algorithm>
#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "backend/data/rows.h"
#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {
namespace {

struct Encoded {
  std::vector<int32_t> ids;
  std::string problem;
};

// Encodes the rows with text; each thread takes the next row that is left.
std::vector<Encoded> encode_rows(const std::vector<Row>& rows, const std::shared_ptr<const Tokenizer>& tokenizer, unsigned threads) {
  std::vector<Encoded> encoded(rows.size());
  std::atomic<size_t> next{0};
  auto work = [&] {
    Encoder encoder(tokenizer);
    for (size_t i = next++; i < rows.size(); i = next++)
      if (!rows[i].has_ids && !encoder.encode(rows[i].text, true, encoded[i].ids)) encoded[i].problem = encoder.problem();
  };
  std::vector<std::jthread> workers;
  for (unsigned i = 1; i < std::min<size_t>(threads, rows.size()); ++i) workers.emplace_back(work);
  work();
  workers.clear();
  return encoded;
}

bool report_problems(const std::string& path, const std::vector<Row>& rows, const std::vector<Encoded>& encoded,
                     Diagnostics& diagnostics) {
  bool any = false;
  for (size_t i = 0; i < rows.size() && !any; ++i) {
    if (encoded[i].problem.empty()) continue;
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
  std::vector<Encoded> encoded(rows.size());
  if (text != rows.end()) {
    if (!tokenizer) {
      diagnostics.report(codes::L8006, fmt::format("line {} of `{}` holds text and there is no tokenizer", text->line, path))
          .help("put a `tokenizer.json` into the model's directory, or give rows with `input_ids`");
      return std::nullopt;
    }
    encoded = encode_rows(rows, tokenizer, threads);
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
