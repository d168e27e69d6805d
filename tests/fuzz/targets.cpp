#include "tests/fuzz/targets.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "compiler/diagnostics/render.h"

namespace lcr::fuzz {

void require(bool kept, const char* promise) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

void render_all(const Sources& sources, const Diagnostics& diagnostics) {
  render_full(sources, diagnostics);
  render_concise(sources, diagnostics);
  render_json(sources, diagnostics);
}

MemoryFile::MemoryFile(std::string_view bytes, uint64_t hole) : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
  require(descriptor_ >= 0, "there is a file in memory");
  const bool written = write(descriptor_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  require(written && ftruncate(descriptor_, static_cast<off_t>(bytes.size() + hole)) == 0, "the file can be written");
  name_ = std::to_string(descriptor_);
}

MemoryFile::~MemoryFile() { close(descriptor_); }

}  // namespace lcr::fuzz
