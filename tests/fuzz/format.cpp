#include "compiler/syntax/format.h"

#include "compiler/syntax/dump.h"
#include "compiler/syntax/parse.h"
#include "tests/fuzz/targets.h"

void lcr::fuzz::format(std::string_view input) {
  Sources sources;
  Diagnostics diagnostics;
  const syntax::File before = syntax::parse(sources, sources.add("input.lcr", std::string(input)), diagnostics);
  if (diagnostics.has_errors()) return;
  const std::string once = syntax::format(sources, before);
  const syntax::File after = syntax::parse(sources, sources.add("once.lcr", once), diagnostics);
  require(!diagnostics.has_errors(), "what is formatted can be read");
  require(syntax::dump(before) == syntax::dump(after), "what is formatted means the same");
  require(syntax::format(sources, after) == once, "what is formatted stays as it is");
}
