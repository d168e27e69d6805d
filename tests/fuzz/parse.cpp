#include "compiler/syntax/parse.h"

#include "compiler/syntax/dump.h"
#include "tests/fuzz/targets.h"

void lcr::fuzz::parse(std::string_view input) {
  Sources sources;
  Diagnostics diagnostics;
  const syntax::File file = syntax::parse(sources, sources.add("input.lcr", std::string(input)), diagnostics);
  syntax::dump(file);
  render_all(sources, diagnostics);
}
