#include "backend/data/picked_lines.h"

namespace lcr {

std::unique_ptr<PickedLines> PickedLines::open(const std::string& path, const CalibrationRequest& request,
                                               Diagnostics& diagnostics) {
  auto reader = LineReader::open(path, diagnostics);
  if (!reader) return nullptr;
  std::unique_ptr<PickedLines> lines(new PickedLines(std::move(reader)));
  if (request.pick != "random") return lines;
  while (auto line = lines->reader_->next()) lines->places_.push_back(line->place);
  if (lines->failed()) return nullptr;
  lines->order_ = RowOrder::of(request, lines->places_.size());
  return lines;
}

std::optional<Line> PickedLines::next() {
  if (!order_) return reader_->next();
  auto row = order_->next();
  if (!row) return std::nullopt;
  return reader_->at(places_[*row]);
}

}  // namespace lcr
