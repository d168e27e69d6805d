#include "compiler/syntax/nouns.h"

#include <algorithm>

namespace lcr::syntax {

namespace {

constexpr int kContinues = 9;
constexpr size_t kMost = 4;

struct RuleNoun {
  size_t callee;
  size_t rule;  // kAny: wherever
  std::string_view text;
  int rank = 1;
};

constexpr size_t kAny = static_cast<size_t>(-1);

using P = LcrParser;

// The first row that fits decides.
constexpr RuleNoun kRuleNouns[] = {
    {P::RuleStatement, kAny, "a statement"},
    {P::RuleValue, P::RuleField, "a value"},
    {P::RuleValue, P::RuleParamStatement, "a default value"},
    {P::RuleValue, P::RulePrecision, ""},
    {P::RuleValue, P::RuleCandidate, "a scheme"},
    {P::RuleValue, P::RuleArgument, ""},
    {P::RuleValue, P::RuleList, "a value"},
    {P::RuleValue, P::RuleAmount, "a share like `25%`"},
    {P::RuleValue, kAny, "a selection"},
    {P::RuleTerm, P::RuleValue, "a selection or value"},
    {P::RuleTerm, kAny, "a selection"},
    {P::RulePrecision, kAny, "a scheme or format"},
    {P::RuleStack, kAny, "a method"},
    {P::RuleCall, P::RuleTransformStatement, "a transform"},
    {P::RuleCall, P::RuleRequireStatement, ""},
    {P::RuleCall, P::RuleTerm, ""},
    {P::RuleCall, kAny, "a method"},
    {P::RuleArgument, kAny, "an argument"},
    {P::RuleArguments, kAny, "", kContinues},
    {P::RuleSetOperator, kAny, "an operator like `|`", kContinues},
    {P::RuleRelation, kAny, ""},
    {P::RuleModule, kAny, "a module like `std.roles`"},
    {P::RuleDotted, P::RuleExtendsStatement, "a preset"},
    {P::RuleImported, kAny, "a name"},
    {P::RuleAmount, kAny, "", 2},
    {P::RuleScheduleItem, kAny, "", 2},
    {P::RuleField, kAny, "a field"},
    {P::RuleFields, kAny, ""},
    {P::RuleRange, kAny, "a number or range"},
    {P::RuleBound, kAny, "a number"},
    {P::RuleComparison, kAny, "a comparison like `in % 128 == 0`"},
    {P::RuleArithmetic, kAny, "a name or number"},
    {P::RuleProduct, kAny, "a name or number"},
    {P::RuleFactor, kAny, "a name or number"},
    {P::RuleComparator, P::RuleComparison, "a comparison sign"},
    {P::RuleComparator, kAny, "a comparison sign", kContinues},
    {P::RuleList, P::RuleHeader, "a list of texts"},
    {P::RuleList, P::RulePartStatement, "a list of texts"},
    {P::RuleSetting, kAny, "a setting"},
    {P::RuleParameters, kAny, ""},
    {P::RuleParameter, kAny, "a parameter"},
    {P::RuleLayoutRow, kAny, "a path in backticks"},
    {P::RuleTensorView, kAny, "", kContinues},
    {P::RuleTensorSlice, kAny, "an index or range"},
    {P::RuleStep, kAny, "a step"},
    {P::RuleAnnotation, kAny, "`->`", kContinues},
    {P::RuleGraphArguments, kAny, "", kContinues},
    {P::RuleBody, kAny, ""},
    {P::RuleChoice, P::RuleSum, ""},
    {P::RuleChoice, P::RuleDisjunction, ""},
    {P::RuleGraph, kAny, "an expression"},
    {P::RuleDisjunction, kAny, "an expression"},
    {P::RuleConjunction, kAny, "an expression"},
    {P::RuleNegation, kAny, "an expression"},
    {P::RuleRelational, kAny, "an expression"},
    {P::RuleSum, kAny, "an expression"},
    {P::RuleScaled, kAny, "an expression"},
    {P::RulePrefixed, kAny, "an expression"},
    {P::RulePostfix, kAny, "an expression"},
    {P::RuleAtom, kAny, "an expression"},
    {P::RuleShape, kAny, "a shape"},
    {P::RuleExtent, kAny, "a shape"},
    {P::RuleTarget, kAny, "a name"},
    {P::RuleName, P::RuleAnnotation, "a role"},
    {P::RuleName, kAny, "a name"},
    {P::RuleWord, kAny, "a name"},
};

// Rules whose own tokens only continue what is already complete.
bool continues(size_t rule, size_t type) {
  switch (rule) {
    case P::RuleValue: case P::RuleSetOperator: case P::RuleArithmetic: case P::RuleProduct: case P::RuleDisjunction:
    case P::RuleConjunction: case P::RuleRelational: case P::RuleSum: case P::RuleScaled: case P::RulePostfix:
    case P::RuleRange: case P::RuleTensorView: case P::RuleGraphArguments: case P::RuleAnnotation:
    case P::RuleComparator: case P::RuleDotted: case P::RuleNamesStatement:
      return type != P::RBRACE && type != P::RBRACKET && type != P::RPAREN;
    case P::RuleArguments: case P::RuleTarget:
      return type == P::LPAREN || type == P::LBRACKET;
    default:
      return false;
  }
}

std::string_view token_text(size_t type) {
  switch (type) {
    case P::STRING: return "a text in quotes";
    case P::PATH: return "a path in backticks";
    case P::REGEX: return "a regular expression";
    case P::NUMBER: return "a number";
    case P::QUANTITY: return "a number with a unit";
    case P::NM: return "a pattern like `2:4`";
    case P::IDENT: return "a name";
    case antlr4::Token::EOF: return "the end of the file";
    default: return {};
  }
}

}  // namespace

Noun rule_noun(size_t rule, size_t callee) {
  for (const RuleNoun& row : kRuleNouns) {
    if (row.callee == callee && (row.rule == kAny || row.rule == rule)) return {row.text, 0, row.rank};
  }
  return {};
}

Noun token_noun(size_t rule, size_t type) { return {token_text(type), type, continues(rule, type) ? kContinues : 0}; }

void NounList::add(Noun noun) {
  for (Noun& known : nouns_) {
    bool same = noun.text.empty() ? known.text.empty() && known.type == noun.type : known.text == noun.text;
    if (!same) continue;
    known.rank = std::min(known.rank, noun.rank);
    return;
  }
  nouns_.push_back(noun);
}

std::vector<std::string> NounList::best(const antlr4::dfa::Vocabulary& vocabulary) const {
  std::vector<Noun> sorted = nouns_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Noun& a, const Noun& b) { return a.rank < b.rank; });
  bool operators = only_continues();
  std::vector<std::string> result;
  for (const Noun& noun : sorted) {
    if (result.size() == kMost || (noun.rank == kContinues && !operators)) break;
    result.push_back(noun.text.empty() ? "`" + literal(vocabulary, noun.type) + "`" : std::string(noun.text));
  }
  return result;
}

bool NounList::only_continues() const {
  return std::all_of(nouns_.begin(), nouns_.end(), [](const Noun& noun) { return noun.rank == kContinues; });
}

std::string join_nouns(const std::vector<std::string>& nouns) {
  std::string result;
  for (size_t i = 0; i < nouns.size(); ++i) {
    if (i > 0) result += i + 1 == nouns.size() ? " or " : ", ";
    result += nouns[i];
  }
  return result;
}

std::string literal(const antlr4::dfa::Vocabulary& vocabulary, size_t type) {
  std::string quoted = vocabulary.getLiteralName(type);
  return quoted.size() > 2 ? quoted.substr(1, quoted.size() - 2) : std::string();
}

}  // namespace lcr::syntax
