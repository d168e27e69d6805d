#include "tests/unit/syntax/corpus.h"

#include "tests/support/golden.h"

namespace lcr::syntax {

std::vector<std::string> corpus() {
  std::vector<std::string> files = golden::list(golden::path("golden/recipes"), ".lcr");
  std::vector<std::string> library = golden::list(std::string(LCR_SOURCE_DIR) + "/stdlib", ".lcr");
  files.insert(files.end(), library.begin(), library.end());
  return files;
}

Parsed::Parsed(std::string text, const Limits& limits) {
  uint32_t id = sources.add("input.lcr", std::move(text));
  file = parse(sources, id, diagnostics, limits);
}

}  // namespace lcr::syntax
