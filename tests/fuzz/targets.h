#pragma once

#include <string_view>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/model/elaborate.h"

// What untrusted texts go through, one function each: whatever the input is, they return. A promise that is broken (a
// formatted text that formats differently, a plan that reads back unequal) ends the process, as a sanitizer's finding
// does.
namespace lcr::fuzz {

#define LCR_FUZZ_TARGET(name) void name(std::string_view input);
#include "tests/fuzz/targets.def"
#undef LCR_FUZZ_TARGET

// Prints `promise` and aborts, unless it is kept.
void require(bool kept, const char* promise);
// Shows the findings in every form that is used for texts of others.
void render_all(const Sources& sources, const Diagnostics& diagnostics);

// The bytes as a file that lives in memory, followed by `hole` bytes that take no space.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes, uint64_t hole = 0);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  static const char* folder() { return "/proc/self/fd"; }
  const std::string& name() const { return name_; }

 private:
  int descriptor_;
  std::string name_;
};

// The trees of tests/golden/trees that `config` and `recipe` use; read once, never changed.
const Checkpoint& tree(size_t index);
const LoadedModel& model();

}  // namespace lcr::fuzz
