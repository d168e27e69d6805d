#include "tests/fuzz/targets.h"

// One byte chooses the tensors, the rest is a config.json beside them.
void lcr::fuzz::config(std::string_view input) {
  if (input.empty()) return;
  Checkpoint checkpoint = tree(static_cast<uint8_t>(input[0]));
  checkpoint.config_text = input.substr(1);
  checkpoint.architecture.clear();
  Sources sources;
  Diagnostics diagnostics;
  const auto graph = elaborate(sources, checkpoint, {}, diagnostics);
  require(graph.has_value() != diagnostics.has_errors(), "a model is understood or refused");
  render_all(sources, diagnostics);
}
