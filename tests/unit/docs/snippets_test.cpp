#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "compiler/recipe/bind.h"
#include "compiler/syntax/parse.h"

// The examples in the documentation are read as their readers will read them: whole files, by the program.
namespace lcr {
namespace {

struct Snippet {
  std::string place;  // "docs/language.md:12"
  std::string text;
};

// Fenced blocks that are whole files of the language.
std::vector<Snippet> snippets_of(const std::string& page) {
  std::ifstream stream(LCR_SOURCE_DIR "/" + page);
  EXPECT_TRUE(stream.is_open()) << page;
  std::vector<Snippet> found;
  Snippet current;
  bool inside = false;
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (!line.starts_with("```")) {
      if (inside) current.text += line + "\n";
      continue;
    }
    inside = !inside;
    if (inside) {
      current = {page + ":" + std::to_string(number), ""};
    } else if (current.text.starts_with("language 1\n")) {
      found.push_back(current);
    }
  }
  return found;
}

class Snippets : public testing::TestWithParam<const char*> {};

TEST_P(Snippets, AreRead) {
  std::vector<Snippet> snippets = snippets_of(GetParam());
  EXPECT_FALSE(snippets.empty());
  for (const Snippet& snippet : snippets) {
    Sources sources;
    Diagnostics found;
    uint32_t file = sources.add(snippet.place, snippet.text);
    syntax::File tree = syntax::parse(sources, file, found);
    if (!found.has_errors() && tree.header.kind == syntax::FileKind::Recipe) bind_recipe(sources, file, {}, found);
    EXPECT_FALSE(found.has_errors()) << render_full(sources, found);
  }
}

INSTANTIATE_TEST_SUITE_P(Documentation, Snippets, testing::Values("README.md", "docs/language.md", "docs/architectures.md"));

}  // namespace
}  // namespace lcr
