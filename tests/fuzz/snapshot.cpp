#include "tests/fuzz/targets.h"

void lcr::fuzz::snapshot(std::string_view input) {
  const MemoryFile file(input);
  Sources sources;
  Diagnostics diagnostics;
  const auto checkpoint = read_snapshot(std::string(MemoryFile::folder()) + "/" + file.name(), diagnostics);
  require(checkpoint.has_value() != diagnostics.has_errors(), "a snapshot is read or refused");
  if (checkpoint) elaborate(sources, *checkpoint, {}, diagnostics);
  render_all(sources, diagnostics);
}
