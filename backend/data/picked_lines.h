#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "backend/data/line_reader.h"
#include "backend/data/row_order.h"

namespace lcr {

// The lines of a data file in the order of a pick. `first` reads no further than asked; `random` passes over the whole
// file once for the places of its lines.
class PickedLines {
 public:
  // Null after a diagnostic.
  static std::unique_ptr<PickedLines> open(const std::string& path, const CalibrationRequest& request, Diagnostics& diagnostics);

  // Empty at the end, and after a diagnostic: then failed(). The text is valid until the next call.
  std::optional<Line> next();
  bool failed() const { return reader_->failed(); }

 private:
  explicit PickedLines(std::unique_ptr<LineReader> reader) : reader_(std::move(reader)) {}

  std::unique_ptr<LineReader> reader_;
  std::vector<LinePlace> places_;
  // Absent for `first`.
  std::optional<RowOrder> order_;
};

}  // namespace lcr
