#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "compiler/recipe/bind.h"
#include "compiler/recipe/dump.h"
#include "stdlib/stdlib.h"
#include "tests/support/golden.h"
#include "tests/unit/recipe/places.h"

namespace lcr {
namespace {

bool is_recipe(const std::string& text) {
  return text.find("\nrecipe ") != std::string::npos || text.find("\npreset ") != std::string::npos;
}

// Every recipe of tests/golden/recipes, with everything resolved, or with what is wrong with it.
TEST(Corpus, RecipesMeanWhatIsWrittenDown) {
  std::string folder = golden::path("golden/recipes");
  for (const std::string& path : golden::list(folder, ".lcr")) {
    std::string text = golden::read(path);
    if (!is_recipe(text)) continue;
    std::string stem = path.substr(folder.size() + 1, path.size() - folder.size() - 5);
    SCOPED_TRACE(stem);
    Sources sources;
    Diagnostics diagnostics;
    uint32_t file = sources.add(path, text);
    std::optional<Recipe> recipe = bind_recipe(sources, file, {}, diagnostics);
    ASSERT_TRUE(recipe.has_value());
    std::string result = diagnostics.size() ? render_concise(sources, diagnostics) : to_string(*recipe, sources);
    golden::expect_equal(golden::path("golden/resolved/" + stem + ".txt"), test::without_folder(result, folder));
  }
}

TEST(Corpus, PresetsOfStdlibBindAloneAndExtended) {
  for (std::string_view name : stdlib::names_below("presets")) {
    SCOPED_TRACE(name);
    std::string module = "std.presets." + std::string(name);
    Sources sources;
    Diagnostics diagnostics;
    std::string text(*stdlib::find(module));
    EXPECT_TRUE(bind_recipe(sources, sources.add(module, text), {}, diagnostics).has_value());
    std::string arguments =
        text.find("param data") == std::string::npos ? "" : "(data = text(\"a.jsonl\", samples = 64))";
    std::string recipe =
        "language 1\nrecipe \"r\"\nextends " + module + arguments + "\nexport dense { dir = \"out\" }\n";
    std::optional<Recipe> bound = bind_recipe(sources, sources.add("r.lcr", recipe), {}, diagnostics);
    EXPECT_TRUE(bound.has_value() && !bound->rules.empty());
    EXPECT_EQ(render_concise(sources, diagnostics), "");
  }
}

TEST(Corpus, EveryTextOfStdlibIsRight) {
  for (const stdlib::Module& module : stdlib::modules()) {
    SCOPED_TRACE(module.name);
    Sources sources;
    Diagnostics diagnostics;
    check_file(sources, sources.add(std::string(module.name), std::string(module.text)), {}, diagnostics);
    EXPECT_EQ(render_concise(sources, diagnostics), "");
  }
}

TEST(Corpus, MachinesOfStdlibBind) {
  for (std::string_view name : stdlib::names_below("machines")) {
    SCOPED_TRACE(name);
    Sources sources;
    Diagnostics diagnostics;
    std::string text(*stdlib::find("std.machines." + std::string(name)));
    EXPECT_TRUE(bind_machine(sources, sources.add("m.lcr", text), diagnostics).has_value());
    EXPECT_EQ(render_concise(sources, diagnostics), "");
  }
}

TEST(Corpus, EverySchemeOfStdlibIsLegal) {
  std::string text(*stdlib::find("std.schemes"));
  std::string names;
  for (size_t at = text.find("\nscheme "); at != std::string::npos; at = text.find("\nscheme ", at + 1)) {
    names += (names.empty() ? "" : ", ") + text.substr(at + 8, text.find(' ', at + 8) - at - 8);
  }
  std::string rules;
  for (size_t at = 0; at < names.size();) {
    size_t end = std::min(names.find(", ", at), names.size());
    rules += "quantize `x` as " + names.substr(at, end - at) + " with rtn\n";
    at = end + 2;
  }
  Sources sources;
  Diagnostics diagnostics;
  std::string recipe =
      "language 1\nrecipe \"r\"\nuse std.schemes.{" + names + "}\ndefault keep\n" + rules +
      "calibrate { data = text(\"a\", samples = 1)  length = 1tok  pick = first }\nexport dense { dir = \"o\" }\n";
  std::optional<Recipe> bound = bind_recipe(sources, sources.add("r.lcr", recipe), {}, diagnostics);
  EXPECT_EQ(render_concise(sources, diagnostics), "");
  ASSERT_TRUE(bound.has_value());
  EXPECT_EQ(bound->rules.size(), 29u);
}

}  // namespace
}  // namespace lcr
