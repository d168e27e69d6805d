#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "backend/data/line_reader.h"

namespace lcr {

// One line of a data file as a JSON object with a field; `problem` says why it is none.
class JsonLine {
 public:
  // False with a problem. The element is valid until the next call.
  bool field(std::string_view line, const std::string& name, simdjson::dom::element& value);
  bool text(std::string_view line, const std::string& name, std::string& value);
  bool ids(std::string_view line, const std::string& name, std::vector<int64_t>& value);
  // A further field of the line read last; false when it has none.
  bool other(const std::string& name, simdjson::dom::element& value) const { return !object_.at_key(name).get(value); }
  const std::string& problem() const { return problem_; }

 private:
  bool refuse(std::string problem);

  simdjson::dom::parser parser_;
  simdjson::dom::object object_;
  std::string problem_;
};

// "line 3 of `a.jsonl`"
std::string place_text(const LinePlace& place, const std::string& path);
// Reports L8004 for a line that is no row; `example` shows one that is.
void report_broken_row(const LinePlace& place, const std::string& path, const std::string& problem,
                       const std::string& example, Diagnostics& diagnostics);

}  // namespace lcr
