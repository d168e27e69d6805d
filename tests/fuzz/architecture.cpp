#include "tests/fuzz/targets.h"

// One byte chooses the model, the rest is a description for it.
void lcr::fuzz::architecture(std::string_view input) {
  if (input.empty()) return;
  Checkpoint checkpoint = tree(static_cast<uint8_t>(input[0]));
  const MemoryFile file(input.substr(1));
  Sources sources;
  Diagnostics diagnostics;
  ElaborateOptions options;
  options.architecture_file = std::string(MemoryFile::folder()) + "/" + file.name();
  const auto graph = elaborate(sources, checkpoint, options, diagnostics);
  require(graph.has_value() != diagnostics.has_errors(), "a model is understood or refused");
  render_all(sources, diagnostics);
}
