#include <fmt/format.h>

#include "backend/data/json_line.h"
#include "backend/data/picked_lines.h"
#include "backend/data/row_source.h"

namespace lcr {
namespace {

// tokens(...) of a JSONL file: one row a line, its ids as they are.
class TokenLines : public RowSource {
 public:
  TokenLines(const CalibrationSource& source, SourceContext& context, std::unique_ptr<PickedLines> lines)
      : source_(source), context_(context), lines_(std::move(lines)) {}

  std::optional<std::vector<CalibrationRow>> next(size_t count) override {
    std::vector<CalibrationRow> rows;
    while (rows.size() < count) {
      auto line = lines_->next();
      if (!line && lines_->failed()) return std::nullopt;
      if (!line) break;
      CalibrationRow row;
      if (!json_.ids(line->text, source_.field, row.ids)) {
        report_broken_row(line->place, source_.path, json_.problem(), fmt::format("{{\"{}\": [1, 2, ...]}}", source_.field),
                          context_.diagnostics);
        return std::nullopt;
      }
      if (!context_.check_ids(row.ids, place_text(line->place, source_.path))) return std::nullopt;
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  const CalibrationSource& source_;
  SourceContext& context_;
  std::unique_ptr<PickedLines> lines_;
  JsonLine json_;
};

}  // namespace

std::unique_ptr<RowSource> open_token_lines(const CalibrationSource& source, SourceContext& context) {
  auto lines = PickedLines::open(source.path, context.request, context.diagnostics);
  if (!lines) return nullptr;
  return std::make_unique<TokenLines>(source, context, std::move(lines));
}

}  // namespace lcr
