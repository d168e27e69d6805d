#include <fmt/format.h>

#include "backend/data/json_line.h"
#include "backend/data/picked_lines.h"
#include "backend/data/row_source.h"
#include "backend/data/text_encoding.h"
#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {
namespace {

// text(...) of a JSONL file: one row a line, encoded with the special tokens that the tokenizer puts around a text.
class TextLines : public RowSource {
 public:
  TextLines(const CalibrationSource& source, SourceContext& context, std::unique_ptr<PickedLines> lines)
      : source_(source), context_(context), lines_(std::move(lines)) {}

  std::optional<std::vector<CalibrationRow>> next(size_t count) override {
    std::vector<std::string> texts;
    std::vector<LinePlace> places;
    if (!read(count, texts, places)) return std::nullopt;
    std::vector<std::string_view> views(texts.begin(), texts.end());
    auto encoded = encode_texts(views, context_.tokenizer, true, context_.options.threads);
    std::vector<CalibrationRow> rows(texts.size());
    for (size_t i = 0; i < texts.size(); ++i) {
      if (!encoded[i].problem.empty()) {
        context_.diagnostics
            .report(codes::L8003, fmt::format("{} cannot be tokenized: {}", place_text(places[i], source_.path), encoded[i].problem))
            .with("file", source_.path)
            .with("line", static_cast<int64_t>(places[i].number));
        return std::nullopt;
      }
      // An empty text is no row, although it has special tokens.
      if (!texts[i].empty()) rows[i].ids.assign(encoded[i].ids.begin(), encoded[i].ids.end());
      if (!context_.check_ids(rows[i].ids, place_text(places[i], source_.path))) return std::nullopt;
    }
    return rows;
  }

 private:
  bool read(size_t count, std::vector<std::string>& texts, std::vector<LinePlace>& places) {
    while (texts.size() < count) {
      auto line = lines_->next();
      if (!line) return !lines_->failed();
      std::string text;
      if (!json_.text(line->text, source_.field, text)) {
        report_broken_row(line->place, source_.path, json_.problem(), fmt::format("{{\"{}\": \"...\"}}", source_.field),
                          context_.diagnostics);
        return false;
      }
      texts.push_back(std::move(text));
      places.push_back(line->place);
    }
    return true;
  }

  const CalibrationSource& source_;
  SourceContext& context_;
  std::unique_ptr<PickedLines> lines_;
  JsonLine json_;
};

}  // namespace

std::unique_ptr<RowSource> open_text_lines(const CalibrationSource& source, SourceContext& context) {
  if (!context.need_tokenizer()) return nullptr;
  auto lines = PickedLines::open(source.path, context.request, context.diagnostics);
  if (!lines) return nullptr;
  return std::make_unique<TextLines>(source, context, std::move(lines));
}

}  // namespace lcr
