#include "compiler/model/safetensors.h"

#include "tests/fuzz/targets.h"

// Two bytes: log2 of the hole behind the header, and what is added to it; then the file's bytes.
void lcr::fuzz::safetensors(std::string_view input) {
  if (input.size() < 2) return;
  const uint64_t hole = (uint64_t{1} << (static_cast<uint8_t>(input[0]) % 42)) - 1 + static_cast<uint8_t>(input[1]);
  const MemoryFile file(input.substr(2), hole);
  Sources sources;
  Diagnostics diagnostics;
  HeaderReader reader;
  const auto header = reader.read(MemoryFile::folder(), file.name(), diagnostics);
  require(header.has_value() != diagnostics.has_errors(), "a header is read or refused");
  render_all(sources, diagnostics);
  if (!header) return;
  for (const StoredTensor& tensor : header->tensors)
    require(header->shard.data_begin <= tensor.begin && tensor.begin <= tensor.end && tensor.end <= header->shard.bytes,
            "tensors lie in their file");
}
