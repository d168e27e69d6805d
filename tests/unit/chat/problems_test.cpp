#include <gtest/gtest.h>

#include "backend/chat/chat_template.h"

namespace lcr::chat {
namespace {

// "line:column: message" of what cannot be parsed or rendered; the text in quotes of what can.
std::string result_of(std::string_view text, std::vector<std::pair<std::string, Value>> variables = {}) {
  TemplateProblem problem;
  auto chat_template = ChatTemplate::parse(text, problem);
  Rendering rendering;
  if (chat_template && chat_template->render(std::move(variables), rendering, problem)) return "\"" + rendering.text + "\"";
  return std::to_string(problem.line) + ":" + std::to_string(problem.column) + ": " + problem.message;
}

TEST(ChatProblems, OfTheTextNameTheirPlace) {
  EXPECT_EQ(result_of("a\nß{% if x %}"), "2:12: `endif` is missing at the end of the template");
  EXPECT_EQ(result_of("{{ a"), "1:1: this tag has no end");
  EXPECT_EQ(result_of("{{ 'a }}"), "1:4: this text has no end");
  EXPECT_EQ(result_of("{# a"), "1:1: this comment has no end");
  EXPECT_EQ(result_of("{% raw %}"), "1:1: this `raw` has no `endraw`");
  EXPECT_EQ(result_of("{{ a ] }}"), "1:6: `]` closes nothing");
  EXPECT_EQ(result_of("{{ ? }}"), "1:4: this character does not belong into a tag");
  EXPECT_EQ(result_of("{{ a b }}"), "1:6: `}}` is expected here, not `b`");
  EXPECT_EQ(result_of("{{ }}"), "1:4: an expression is expected here");
  EXPECT_EQ(result_of("{% include 'x' %}"), "1:4: `include` begins no statement that is known here");
  EXPECT_EQ(result_of("{% endif %}"), "1:4: `endif` begins no statement that is known here");
  EXPECT_EQ(result_of("{% break %}"), "1:4: `break` stands in no loop");
  EXPECT_EQ(result_of("{% for x in y %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}"), "1:35: `break` stands in no loop");
  EXPECT_EQ(result_of("{{ a | nothing }}"), "1:8: there is no filter `nothing` here");
  EXPECT_EQ(result_of("{{ a is nothing }}"), "1:9: there is no test `nothing` here");
  EXPECT_EQ(result_of("{{ f(*a) }}"), "1:6: arguments out of a list or a dict are not known here");
  EXPECT_EQ(result_of("{% set true = 1 %}"), "1:8: `true` cannot be set");
  EXPECT_EQ(result_of("{{ 99999999999999999999 }}"), "1:4: the number 99999999999999999999 is too large");
}

TEST(ChatProblems, OfAConversationNameTheirPlace) {
  EXPECT_EQ(result_of("{{ a.b }}"), "1:5: `a` is undefined and has no `b`");
  EXPECT_EQ(result_of("{{ a.b.c }}", {{"a", Value::dict({})}}), "1:7: `b` is undefined and has no `c`");
  EXPECT_EQ(result_of("{{ a() }}"), "1:5: `a` is undefined and cannot be called");
  EXPECT_EQ(result_of("{{ 1 + 'a' }}"), "1:6: `+` does not work on int and str");
  EXPECT_EQ(result_of("{{ 1 < 'a' }}"), "1:4: int and str have no order");
  EXPECT_EQ(result_of("{% for x in 5 %}{% endfor %}"), "1:13: a int has no items to go through");
  EXPECT_EQ(result_of("{{ 1 // 0 }}"), "1:6: a number is divided by 0");
  EXPECT_EQ(result_of("{{ [].append(1) }}"), "1:13: the method `append` of a list is not known here, or forbidden in a template");
  EXPECT_EQ(result_of("{% set x.y = 1 %}"), "1:8: `x` is no namespace, only members of one can be set");
  EXPECT_EQ(result_of("{% set a, b = [1] %}"), "1:8: 1 values cannot be set to 2 names");
  EXPECT_EQ(result_of("{{ x | tojson }}"), "1:8: an undefined value cannot be written as JSON");
  EXPECT_EQ(result_of("{{ {[]: 1} }}"), "1:5: a list cannot be the key of a dict");
  EXPECT_EQ(result_of("{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}"), "1:35: `m` takes 1 arguments, 2 are given");
  EXPECT_EQ(result_of("{{ ('a' | safe) + 'b' }}"), "1:17: a text out of the filter `safe` cannot be joined with another here");
}

TEST(ChatProblems, TheTemplateItselfRefuses) {
  TemplateProblem problem;
  auto chat_template = ChatTemplate::parse("{{ raise_exception('no system role') }}", problem);
  ASSERT_TRUE(chat_template);
  Rendering rendering;
  EXPECT_FALSE(chat_template->render({}, rendering, problem));
  EXPECT_TRUE(problem.refused);
  EXPECT_EQ(problem.message, "no system role");
}

std::string repeated(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

// Hostile templates end with a message, soon and without much memory.
TEST(ChatProblems, LimitsHold) {
  auto ends_with = [](const std::string& text, const std::string& message) {
    std::string result = result_of(text);
    EXPECT_NE(result.find(message), std::string::npos) << result.substr(0, 200);
  };
  ends_with("{{ " + repeated("(", 5000) + "1" + repeated(")", 5000) + " }}", "nested more than 200 deep");
  ends_with("{{ " + repeated("[", 5000) + repeated("]", 5000) + " }}", "nested more than 200 deep");
  ends_with("{{ " + repeated("not ", 5000) + "1 }}", "nested more than 200 deep");
  ends_with("{{ " + repeated("-", 5000) + "1 }}", "nested more than 200 deep");
  ends_with(repeated("{% if 1 %}", 5000), "nested more than 200 deep");
  ends_with("{% if 1 %}" + repeated("{% elif 1 %}", 5000) + "{% endif %}", "nested more than 200 deep");
  ends_with("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "macros call each other more than");
  ends_with("{% set n = namespace(s='ab') %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}", "MiB of text");
  ends_with("{{ 'ab' * 999999999999 }}", "too often");
  ends_with("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", "steps");
  ends_with("{{ range(999999999) }}", "`range` has more than");
  ends_with("{% set n = namespace(s=[]) %}{% for i in range(9999) %}{% set n.s = [n.s] %}{% endfor %}", "lists are nested");
  ends_with("{% set n = namespace() %}{% set n.n = n %}{{ [n] }}", "namespace has no text");
  ends_with("{{ 1" + repeated(" + 1", 100000) + " }}", "nested more than 1000 deep");
  ends_with("{{ a" + repeated(".a", 100000) + " }}", "nested more than 1000 deep");
  ends_with("{{ a" + repeated("|list", 100000) + " }}", "nested more than 1000 deep");
  ends_with("{% macro m() %}{{ m()" + repeated(" + 1", 900) + " }}{% endmacro %}{{ m() }}", "nests its calls too deeply");
}

}  // namespace
}  // namespace lcr::chat
