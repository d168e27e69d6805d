#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "compiler/recipe/bind.h"
#include "tests/support/golden.h"
#include "tests/unit/recipe/places.h"

namespace lcr {
namespace {

// `# set: name=value` lines stand for --set.
BindOptions options_of(const std::string& text) {
  BindOptions options;
  const std::string mark = "# set: ";
  for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    std::string line = text.substr(at + mark.size(), text.find('\n', at) - at - mark.size());
    size_t equals = line.find('=');
    options.set[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return options;
}

// The concise lines, and under each the ways out.
std::string findings(const Sources& sources, const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic* item : diagnostics.sorted()) {
    text += render_concise(sources, *item);
    if (text.back() != '\n') text += '\n';
    for (const std::string& note : item->notes) text += fmt::format("  note: {}\n", note);
    for (const std::string& help : item->helps) text += fmt::format("  help: {}\n", help);
  }
  return text;
}

// Each file of tests/fail/names is wrong in the ways that its .expected file lists, and in no other. Names that begin
// with an underscore are there to be imported.
TEST(Names, WrongRecipesAreExplained) {
  std::string folder = golden::path("fail/names");
  for (const std::string& path : golden::list(folder, ".lcr")) {
    std::string stem = path.substr(folder.size() + 1, path.size() - folder.size() - 5);
    if (stem[0] == '_') continue;
    SCOPED_TRACE(stem);
    Sources sources;
    Diagnostics diagnostics;
    std::string text = golden::read(path);
    uint32_t file = sources.add(path, text);
    if (stem.starts_with("machine")) {
      bind_machine(sources, file, diagnostics);
    } else if (stem.starts_with("library")) {
      check_file(sources, file, {}, diagnostics);
    } else {
      bind_recipe(sources, file, options_of(text), diagnostics);
    }
    EXPECT_TRUE(diagnostics.has_errors());
    golden::expect_equal(folder + "/" + stem + ".expected",
                         test::without_folder(findings(sources, diagnostics), folder));
  }
}

}  // namespace
}  // namespace lcr
