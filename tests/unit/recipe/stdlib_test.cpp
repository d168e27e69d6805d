#include "stdlib/stdlib.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace lcr {
namespace {

TEST(Stdlib, ModulesAreSortedAndFound) {
  const std::vector<stdlib::Module>& modules = stdlib::modules();
  EXPECT_TRUE(
      std::is_sorted(modules.begin(), modules.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
  for (const stdlib::Module& module : modules) {
    EXPECT_EQ(stdlib::find(module.name), module.text);
    EXPECT_TRUE(module.text.starts_with("language 1\n")) << module.name;
  }
  EXPECT_FALSE(stdlib::find("std"));
  EXPECT_FALSE(stdlib::find("std.zzz"));
}

// The index holds every architecture text under each class and type of its header line.
TEST(Stdlib, ArchitecturesAreIndexed) {
  size_t described = 0;
  for (const stdlib::Module& module : stdlib::modules()) {
    described += module.text.find("\narchitecture ") != std::string_view::npos;
  }
  EXPECT_EQ(stdlib::architectures().size(), described);
  for (const stdlib::Architecture& architecture : stdlib::architectures()) {
    std::string_view text = *stdlib::find(architecture.module);
    EXPECT_FALSE(architecture.classes.empty() && architecture.types.empty()) << architecture.module;
    for (std::string_view name : architecture.classes) {
      EXPECT_NE(text.find("\"" + std::string(name) + "\""), std::string_view::npos);
      EXPECT_EQ(stdlib::architecture_of_class(name), architecture.module) << name;
    }
    for (std::string_view type : architecture.types) {
      std::vector<std::string_view> modules = stdlib::architectures_of_type(type);
      EXPECT_NE(std::find(modules.begin(), modules.end(), architecture.module), modules.end()) << type;
    }
  }
  EXPECT_FALSE(stdlib::architecture_of_class("NoSuchClass"));
}

TEST(Stdlib, NamesBelowAFolder) {
  std::vector<std::string_view> presets = stdlib::names_below("presets");
  EXPECT_NE(std::find(presets.begin(), presets.end(), "w4a16_gptq"), presets.end());
  EXPECT_TRUE(stdlib::names_below("schemes").empty());
}

}  // namespace
}  // namespace lcr
