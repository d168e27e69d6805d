#include <random>

#include <gtest/gtest.h>

#include "compiler/recipe/bind.h"
#include "tests/support/golden.h"

namespace lcr {
namespace {

void bind_anyhow(const std::string& path, std::string text) {
  Sources sources;
  Diagnostics diagnostics;
  bind_recipe(sources, sources.add(path, std::move(text)), {}, diagnostics);
}

// Recipes that are cut off, or have a hole, are reported in whatever way, and nothing else happens.
TEST(Hostile, DamagedRecipesEndInDiagnostics) {
  std::mt19937 random(1);
  for (const std::string& path : golden::list(golden::path("golden/recipes"), ".lcr")) {
    SCOPED_TRACE(path);
    const std::string text = golden::read(path);
    for (int i = 0; i < 6; ++i) {
      size_t at = random() % text.size();
      bind_anyhow(path, text.substr(0, at));
      std::string hole = text;
      bind_anyhow(path, hole.erase(at, 1 + random() % 12));
      std::string doubled = text;
      bind_anyhow(path, doubled.insert(random() % text.size(), text.substr(at, 1 + random() % 30)));
    }
  }
}

// Words change places: every value is sooner or later of a wrong type.
TEST(Hostile, ExchangedWordsEndInDiagnostics) {
  std::mt19937 random(2);
  for (const std::string& path : golden::list(golden::path("golden/recipes"), ".lcr")) {
    SCOPED_TRACE(path);
    const std::string text = golden::read(path);
    std::vector<std::string> words;
    for (size_t at = 0; at < text.size();) {
      size_t end = std::min(text.find_first_of(" ,()", at), text.size() - 1);
      words.push_back(text.substr(at, end + 1 - at));
      at = end + 1;
    }
    for (int i = 0; i < 8; ++i) {
      std::vector<std::string> mixed = words;
      for (int j = 0; j < 2; ++j) std::swap(mixed[random() % mixed.size()], mixed[random() % mixed.size()]);
      std::string result;
      for (const std::string& word : mixed) result += word;
      bind_anyhow(path, std::move(result));
    }
  }
}

}  // namespace
}  // namespace lcr
