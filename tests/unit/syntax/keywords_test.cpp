#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "compiler/syntax/statement_parser.h"
#include "tests/support/golden.h"
#include "tests/unit/syntax/corpus.h"

// grammar/keywords.txt is what editors and documents read; the grammar is what counts. They must agree.
namespace lcr::syntax {
namespace {

std::map<std::string, std::set<std::string>> listed() {
  std::map<std::string, std::set<std::string>> result;
  std::istringstream lines(golden::read(std::string(LCR_SOURCE_DIR) + "/grammar/keywords.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::vector<std::string> all;
    for (std::string word; words >> word;) all.push_back(word);
    std::string keyword = all.back();
    all.pop_back();
    result[keyword] = std::set<std::string>(all.begin(), all.end());
  }
  return result;
}

size_t type_of(const std::string& word) { return lex(word)[0].type(); }

TEST(Keywords, AreThoseOfTheGrammar) {
  Tokens none = lex("");
  StatementParser parser(none);
  std::set<std::string> of_grammar;
  for (size_t type = LcrParser::LANGUAGE; type < LcrParser::LBRACE; ++type) {
    std::string quoted = parser.vocabulary().getLiteralName(type);
    of_grammar.insert(quoted.substr(1, quoted.size() - 2));
  }
  std::set<std::string> of_list;
  for (const auto& [word, kinds] : listed()) of_list.insert(word);
  EXPECT_EQ(of_list, of_grammar);
}

TEST(Keywords, HaveTheKindsOfTheGrammar) {
  for (const auto& [word, kinds] : listed()) {
    EXPECT_EQ(kinds.count("header") > 0, begins_header(type_of(word))) << word;
    EXPECT_EQ(kinds.count("statement") > 0, begins_statement(type_of(word)) && word != "refuse") << word;
    Parsed as_name("language 1\nrecipe \"x\"\nselect " + word + " = a\n");
    EXPECT_EQ(kinds.count("word") > 0, as_name.diagnostics.size() == 0) << word;
  }
}

}  // namespace
}  // namespace lcr::syntax
