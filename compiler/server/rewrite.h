#pragma once

#include <string>
#include <vector>

#include "compiler/server/analysis.h"

namespace lcr::server {

// A change that means the same for the model, or pins what is meant.
struct Rewrite {
  std::string title;
  std::vector<Edit> edits;  // of the analysis' sources
};

// What can be done to the selection around an offset in a statement.
std::vector<Rewrite> rewrites_at(const Analysis& analysis, const syntax::Statement& statement, uint32_t offset);

}  // namespace lcr::server
