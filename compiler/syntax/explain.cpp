#include "compiler/syntax/explain.h"

#include <fmt/core.h>

#include "compiler/diagnostics/codes/syntax.h"
#include "compiler/syntax/explain_token.h"
#include "compiler/syntax/nesting.h"
#include "compiler/syntax/nouns.h"
#include "compiler/syntax/statement_parser.h"

namespace lcr::syntax {

namespace {

std::string found(const Scene& scene, size_t token) {
  switch (scene.type(token)) {
    case antlr4::Token::EOF: return "the end of the file";
    case LcrParser::PATH: return fmt::format("path {}", scene.slice(token));
    case LcrParser::STRING: return fmt::format("text {}", scene.slice(token));
    default: break;
  }
  return fmt::format("`{}`", scene.slice(token));
}

std::string wanted(const Expected& expected) {
  if (expected.nouns.empty()) return {};
  return fmt::format("expected {}", join_nouns(expected.nouns));
}

// The place behind the token before.
Span behind(const Scene& scene, size_t token) {
  uint32_t end = scene.tokens[token - 1].end();
  return {scene.file, end, end};
}

bool is_word(std::string_view text) {
  return !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z') || text[0] == '_');
}

std::vector<std::string> words(const Scene& scene, const std::set<size_t>& types) {
  std::vector<std::string> result;
  for (size_t type : types) {
    std::string word = literal(scene.vocabulary, type);
    if (is_word(word)) result.push_back(std::move(word));
  }
  return result;
}

void suggest(const Scene& scene, size_t token, const std::string& word, Diagnostic& diagnostic) {
  diagnostic.help(fmt::format("did you mean `{}`?", word));
  diagnostic.fix({fmt::format("write `{}`", word), Applicability::Unsafe, {{scene.span(token), word}}});
}

// `name: value` and `name == value` where `=` belongs, a comma between fields.
bool explain_sign(const Scene& scene, size_t token, const Expected& expected) {
  size_t type = scene.type(token);
  Span span = scene.span(token);
  bool assign = expected.types.count(LcrParser::ASSIGN) > 0;
  if (assign && (type == LcrParser::COLON || type == LcrParser::EQ)) {
    scene.diagnostics
        .report(codes::L1001, span, fmt::format("`{}` stands where a value is given", scene.slice(token)),
                "expected `=`")
        .fix({"write `=`", Applicability::Safe, {{span, "="}}})
        .help("write `=`");
    return true;
  }
  if (type == LcrParser::ASSIGN && expected.types.count(LcrParser::EQ) > 0) {
    scene.diagnostics
        .report(codes::L1001, span, "`=` stands where two sides are compared", "expected a comparison sign")
        .fix({"write `==`", Applicability::Safe, {{span, "=="}}})
        .help("write `==`");
    return true;
  }
  bool between_fields = expected.types.count(LcrParser::RBRACE) > 0 && expected.types.count(LcrParser::COMMA) == 0;
  if (type == LcrParser::COMMA && between_fields) {
    scene.diagnostics.report(codes::L1001, span, "a comma stands between entries of a block")
        .fix({"remove the comma", Applicability::Safe, {{span, ""}}})
        .help("entries are separated by spaces or lines: remove the comma");
    return true;
  }
  return false;
}

// The statement runs into the next one, or into the end of the file, with a bracket open.
bool explain_open(const Scene& scene, size_t start, size_t token) {
  std::optional<size_t> bracket = open_bracket(scene.tokens, start, token);
  if (!bracket) return false;
  bool end = scene.type(token) == antlr4::Token::EOF;
  scene.diagnostics.report(codes::L1010, scene.span(*bracket), fmt::format("`{}` is not closed", scene.slice(*bracket)))
      .label(end ? behind(scene, token) : scene.span(token),
             end ? "the file ends here" : "the next statement begins here");
  return true;
}

// A statement, or a line of one, that stops where its line ends: the place is behind its last token.
void explain_early_end(const Scene& scene, std::string message, size_t token, std::string label) {
  scene.diagnostics.report(codes::L1019, behind(scene, token), std::move(message), std::move(label));
}

// Something is missing at the end of a line, and the first word of the next one shows it.
bool explain_early_line(const Scene& scene, size_t token, const Expected& expected) {
  auto first = [&](size_t i) { return line_start_column(scene.tokens, scene.text, i).has_value(); };
  if (first(token) && !expected.only_continues && expected.types.count(LcrParser::RBRACE) == 0) {
    explain_early_end(scene, "this line is not complete", token, wanted(expected));
    return true;
  }
  // `a = b or` and `c = d` on the next line: `c` was read as the operand that is missing.
  if (token > 1 && scene.type(token) == LcrParser::ASSIGN && first(token - 1)) {
    explain_early_end(scene, "this line is not complete", token - 1, {});
    return true;
  }
  return false;
}

bool ends_here(const Scene& scene, size_t token) {
  return scene.type(token) == antlr4::Token::EOF || begins_line_statement(scene.tokens, scene.text, token);
}

void explain_unexpected(const Scene& scene, size_t token, const Expected& expected) {
  bool reserved = scene.type(token) < LcrParser::LBRACE && expected.types.count(LcrParser::IDENT) > 0;
  std::string message = reserved ? fmt::format("`{}` is a reserved word, not a name", scene.slice(token))
                                 : fmt::format("unexpected {}", found(scene, token));
  Diagnostic& diagnostic =
      scene.diagnostics.report(codes::L1001, scene.span(token), std::move(message), wanted(expected));
  if (scene.type(token) != LcrParser::IDENT) return;
  std::string near = nearest(scene.slice(token), words(scene, expected.types));
  if (!near.empty()) suggest(scene, token, near, diagnostic);
}

std::vector<std::string> statement_words(const Scene& scene) {
  std::vector<std::string> result;
  for (size_t type = 1; type <= scene.vocabulary.getMaxTokenType(); ++type) {
    if (begins_statement(type) || begins_header(type)) result.push_back(literal(scene.vocabulary, type));
  }
  return result;
}

// What other tools call our statements.
std::string_view meant_statement(std::string_view word) {
  static const std::pair<std::string_view, std::string_view> kOthers[] = {
      {"ignore", "keep"}, {"exclude", "keep"}, {"skip", "keep"}, {"import", "use"},    {"include", "use"},
      {"let", "select"},  {"set", "select"},   {"def", "method"}, {"output", "export"}, {"save", "export"}};
  for (auto [other, ours] : kOthers) {
    if (other == word) return ours;
  }
  return {};
}

// The block that was not closed before `block b(…)` took `block` for a name.
size_t earlier_head(const Scene& scene, size_t start, size_t token) {
  for (size_t back = 1; back <= 2 && start + back < token; ++back) {
    if (begins_line_statement(scene.tokens, scene.text, token - back) &&
        line_start_column(scene.tokens, scene.text, token - back) ==
            line_start_column(scene.tokens, scene.text, start)) {
      return token - back;
    }
  }
  return token;
}

}  // namespace

size_t explain_statement(const Scene& scene, size_t rule, size_t start) {
  Expected what = expected(scene.atn, scene.vocabulary, scene.tokens, rule, start);
  size_t token = std::max(what.index, start);
  size_t head = earlier_head(scene, start, token);
  if (head != token && explain_open(scene, start, head)) return head;
  if (explain_bad_token(scene, token) || explain_spaced_unit(scene, token)) return token;
  if (token > start && ends_here(scene, token)) {
    bool closes = what.types.count(LcrParser::RBRACE) + what.types.count(LcrParser::RPAREN) +
                      what.types.count(LcrParser::RBRACKET) > 0;
    if (closes && explain_open(scene, start, token)) return token;
    explain_early_end(scene, fmt::format("this `{}` is not complete", scene.slice(start)), token, wanted(what));
    return token;
  }
  if (token > start && explain_early_line(scene, token, what)) return token;
  if (explain_sign(scene, token, what)) return token;
  explain_unexpected(scene, token, what);
  return token;
}

void explain_no_statement(const Scene& scene, size_t token, const size_t* previous) {
  if (explain_bad_token(scene, token) || explain_spaced_unit(scene, token)) return;
  std::optional<uint32_t> column = line_start_column(scene.tokens, scene.text, token);
  bool continues = previous != nullptr && column.value_or(1) > 0;
  if (continues) {
    Expected what = expected(scene.atn, scene.vocabulary, scene.tokens, LcrParser::RuleStatement, *previous);
    bool similar = !nearest(scene.slice(token), words(scene, what.types)).empty();
    if (what.index == token && (similar || !what.only_continues)) {
      if (!explain_sign(scene, token, what)) explain_unexpected(scene, token, what);
      return;
    }
  }
  std::string_view text = scene.slice(token);
  bool verb = is_word(text) && (scene.type(token) == LcrParser::IDENT || column);
  std::string message = verb ? fmt::format("`{}` does not begin a statement", text)
                                              : fmt::format("unexpected {}", found(scene, token));
  Diagnostic& diagnostic = scene.diagnostics.report(codes::L1001, scene.span(token), std::move(message),
                                                    verb ? "" : "expected a statement");
  std::string near(meant_statement(text));
  if (near.empty() && verb) near = nearest(text, statement_words(scene));
  if (!near.empty()) suggest(scene, token, near, diagnostic);
}

}  // namespace lcr::syntax
