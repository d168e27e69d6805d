#pragma once

#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/syntax/parse.h"

namespace lcr::syntax {

// Every text that has to be read without a word: the recipes of tests/golden and the whole standard library.
std::vector<std::string> corpus();

// A text read on its own.
struct Parsed {
  explicit Parsed(std::string text, const Limits& limits = {});

  Sources sources;
  Diagnostics diagnostics;
  File file;
};

}  // namespace lcr::syntax
