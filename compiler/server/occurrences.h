#pragma once

#include <string>
#include <vector>

#include "compiler/syntax/tree.h"

namespace lcr::server {

// What a name may be in the place where it stands.
enum class Place {
  Declaration,  // its own
  Alias,        // the name that an import is given
  Imported,     // of another file
  Preset,       // after `extends`
  Selection,    // a selection, or a param
  Precision,    // a scheme, or a param
  Stack,        // a method (algorithms are no names)
  Value,        // a param
  Any,          // a param, a selection, a scheme
  Block,        // of an architecture
};

struct Occurrence {
  std::string text;
  Span span;
  Place place;
};

// Every place of a file that a declared name could stand in, in the order of the text. Words that no declaration can
// take over (kinds, roles, algorithms' own words) are left out.
std::vector<Occurrence> occurrences(const syntax::File& file);
// The one that covers or touches the offset; null when there is none.
const Occurrence* occurrence_at(const std::vector<Occurrence>& all, uint32_t offset);

}  // namespace lcr::server
