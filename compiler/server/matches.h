#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/server/analysis.h"

namespace lcr::server {

// What a selection finds in the model.
struct Matches {
  bool points = false;  // attention points, which have no bytes
  std::vector<uint32_t> units;
  int64_t parameters = 0;
  int64_t before = 0;            // bytes in the source
  std::optional<int64_t> after;  // bytes in the output; nothing while the recipe is not right
};

// The smallest selection of the document around an offset; null when there is none or it could not be bound.
const Selection* selection_at(const Analysis& analysis, uint32_t offset);
// The selection that was read from a value's place in the document.
const Selection* selection_of(const Analysis& analysis, Span value);

// The selection that a statement is about, as written; null when there is none.
const syntax::Value* selection_value(const syntax::Statement& statement);

// Nothing without a model, and for selections that cannot be matched.
std::optional<Matches> match(const Analysis& analysis, const Selection& selection);
// Sums of some modules or points.
Matches measure(const Analysis& analysis, bool points, std::vector<uint32_t> units);
std::string_view path_of(const Analysis& analysis, const Matches& matches, size_t i);

// "192 modules", "1 attention point"
std::string count_words(const Matches& matches);
// "1.2 billion parameters, 4.0 GiB, 1.1 GiB after"; empty for points.
std::string size_words(const Matches& matches);

}  // namespace lcr::server
