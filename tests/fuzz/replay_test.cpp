#include <filesystem>

#include <gtest/gtest.h>

#include "tests/fuzz/targets.h"
#include "tests/support/golden.h"

namespace lcr::fuzz {
namespace {

struct Target {
  const char* name;
  void (*run)(std::string_view);
};

constexpr Target kTargets[] = {
#define LCR_FUZZ_TARGET(name) {#name, name},
#include "tests/fuzz/targets.def"
#undef LCR_FUZZ_TARGET
};

class Replay : public testing::TestWithParam<Target> {};

// What a fuzzer found worth keeping (corpus) and what once broke something (found) goes through its target again.
TEST_P(Replay, ReturnsForEveryKeptInput) {
  size_t count = 0;
  for (const char* folder : {"fuzz/corpus/", "fuzz/found/"}) {
    const std::string path = golden::path(folder) + GetParam().name;
    if (!std::filesystem::exists(path)) continue;
    for (const std::string& file : golden::list(path, "")) {
      RecordProperty("input", file);
      GetParam().run(golden::read(file));
      ++count;
    }
  }
  EXPECT_GT(count, 0u);
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Replay, testing::ValuesIn(kTargets), [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lcr::fuzz
