#include <algorithm>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "compiler/syntax/parse.h"
#include "tests/support/golden.h"

namespace lcr::syntax {
namespace {

struct Broken {
  explicit Broken(const std::string& path) {
    uint32_t id = sources.add(std::filesystem::path(path).filename().string(), golden::read(path));
    parse(sources, id, diagnostics);
  }

  Sources sources;
  Diagnostics diagnostics;
};

std::vector<std::string> broken_files() { return golden::list(golden::path("fail/syntax"), ".lcr"); }

size_t count(const Diagnostics& diagnostics, Code code) {
  return static_cast<size_t>(std::count_if(diagnostics.items().begin(), diagnostics.items().end(),
                                           [&](const Diagnostic& item) { return item.code == code; }));
}

// NAME.expected holds the short form, NAME.full, where there is one, the frames.
TEST(SyntaxErrors, AreReportedAsExpected) {
  for (const std::string& path : broken_files()) {
    Broken broken(path);
    EXPECT_TRUE(broken.diagnostics.has_errors()) << path;
    std::string stem = path.substr(0, path.size() - 4);
    golden::expect_equal(stem + ".expected", render_concise(broken.sources, broken.diagnostics));
    if (std::filesystem::exists(stem + ".full")) {
      golden::expect_equal(stem + ".full", render_full(broken.sources, broken.diagnostics));
    }
  }
}

TEST(SyntaxErrors, SpeakNoGrammar) {
  // Names of tokens and rules of the grammar mean nothing to a person.
  for (const std::string& path : broken_files()) {
    Broken broken(path);
    std::string text = render_full(broken.sources, broken.diagnostics);
    for (const char* word : {"IDENT", "RBRACE", "QUANTITY", "EOF", "Statement", "graphArgument", "mismatched"}) {
      EXPECT_EQ(text.find(word), std::string::npos) << path << ": " << word;
    }
  }
}

// Fixes that are called safe must leave a text that no longer has the error.
TEST(SyntaxErrors, GoAwayWithSafeFixes) {
  int fixed = 0;
  for (const std::string& path : broken_files()) {
    Broken broken(path);
    for (const Diagnostic& diagnostic : broken.diagnostics.items()) {
      for (const Fix& fix : diagnostic.fixes) {
        if (fix.applicability != Applicability::Safe) continue;
        std::string text = golden::read(path);
        for (const Edit& edit : fix.edits) text.replace(edit.span.begin, edit.span.end - edit.span.begin, edit.replacement);
        Sources sources;
        Diagnostics after;
        parse(sources, sources.add("fixed.lcr", text), after);
        EXPECT_LT(count(after, diagnostic.code), count(broken.diagnostics, diagnostic.code)) << path << ": " << fix.title << "\n" << text;
        ++fixed;
      }
    }
  }
  EXPECT_GE(fixed, 8);
}

TEST(SyntaxErrors, CoverEveryCode) {
  std::set<std::string_view> seen = {"L1012"};  // a file of megabytes: see LimitsTest
  for (const std::string& path : broken_files()) {
    Broken broken(path);
    for (const Diagnostic& diagnostic : broken.diagnostics.items()) seen.insert(info(diagnostic.code).id);
  }
  for (const CodeInfo& code : all_codes()) {
    bool missing = code.id.substr(0, 2) == "L1" && seen.count(code.id) == 0;
    EXPECT_FALSE(missing) << code.id << " " << code.name;
  }
}

}  // namespace
}  // namespace lcr::syntax
