#include "tests/unit/syntax/sentences.h"

#include <algorithm>
#include <iterator>

namespace lcr::syntax {

namespace {

using antlr4::atn::ATNState;
using antlr4::atn::Transition;

const antlr4::atn::ATN& network() {
  static Tokens none = lex("");
  static TokenReader stream(none);
  static LcrParser parser(&stream);
  return parser.getATN();
}

const antlr4::dfa::Vocabulary& vocabulary() {
  static Tokens none = lex("");
  static TokenReader stream(none);
  static LcrParser parser(&stream);
  return parser.getVocabulary();
}

constexpr int kDepth = 40;
constexpr int kFar = 1'000'000;

}  // namespace

Sentences::Sentences(uint64_t seed, bool comments) : random_(seed), comments_(comments) { measure(); }

// Bellman-Ford over the states: a rule costs what its start state costs.
void Sentences::measure() {
  const antlr4::atn::ATN& atn = network();
  shortest_.assign(atn.states.size(), kFar);
  for (ATNState* stop : atn.ruleToStopState) shortest_[stop->stateNumber] = 0;
  bool changed = true;
  while (changed) {
    changed = false;
    for (ATNState* state : atn.states) {
      if (state == nullptr || state->getStateType() == ATNState::RULE_STOP) continue;
      for (const Transition* transition : state->transitions) {
        ATNState* next = transition->target;
        int cost = transition->isEpsilon() ? 0 : 1;
        if (transition->getSerializationType() == Transition::RULE) {
          cost = 1 + shortest_[next->stateNumber];
          next = static_cast<const antlr4::atn::RuleTransition*>(transition)->followState;
        }
        int total = std::min(kFar, cost + shortest_[next->stateNumber]);
        if (total < shortest_[state->stateNumber]) {
          shortest_[state->stateNumber] = total;
          changed = true;
        }
      }
    }
  }
}

std::string Sentences::draw(size_t rule) {
  std::string result;
  words_ = 0;
  share_ = 4 + static_cast<int>(pick(60));
  walk(rule, 0, result);
  return result;
}

void Sentences::walk(size_t rule, int level, std::string& out) {
  ATNState* state = network().ruleToStartState[rule];
  while (state->getStateType() != ATNState::RULE_STOP) {
    bool hurry = level > kDepth || words_ > share_;
    const Transition* chosen = state->transitions[pick(state->transitions.size())];
    if (hurry) {
      auto cost = [&](const Transition* t) {
        if (t->getSerializationType() != Transition::RULE) return (t->isEpsilon() ? 0 : 1) + shortest_[t->target->stateNumber];
        auto* call = static_cast<const antlr4::atn::RuleTransition*>(t);
        return 1 + shortest_[call->target->stateNumber] + shortest_[call->followState->stateNumber];
      };
      chosen = *std::min_element(state->transitions.begin(), state->transitions.end(),
                                 [&](const Transition* a, const Transition* b) { return cost(a) < cost(b); });
    }
    if (chosen->getSerializationType() == Transition::RULE) {
      walk(chosen->target->ruleIndex, level + 1, out);
      state = static_cast<const antlr4::atn::RuleTransition*>(chosen)->followState;
      continue;
    }
    if (!chosen->isEpsilon()) {
      std::vector<ssize_t> types = chosen->label().toList();
      word(static_cast<size_t>(types[pick(types.size())]), out);
    }
    state = chosen->target;
  }
}

void Sentences::word(size_t type, std::string& out) {
  if (type == antlr4::Token::EOF) return;
  ++words_;
  static constexpr const char* kGaps[] = {" ", " ", " ", "\n", "  ", "\n\n", "\t"};
  static constexpr const char* kComments[] = {" # note\n", "\n# note\n", "\n\n## note\n", " ## note\n\n", " #\n"};
  if (!out.empty()) out += kGaps[pick(std::size(kGaps))];
  if (comments_ && !out.empty() && pick(8) == 0) out += kComments[pick(std::size(kComments))];
  out += spelling(type);
}

std::string Sentences::spelling(size_t type) {
  switch (type) {
    case LcrParser::IDENT: {
      static constexpr const char* kNames[] = {"a", "linear", "W4A16", "x1", "_", "gptq"};
      return kNames[pick(std::size(kNames))];
    }
    case LcrParser::NUMBER: {
      static constexpr const char* kNumbers[] = {"0", "1", "128", "42", "7"};
      return kNumbers[pick(std::size(kNumbers))];
    }
    case LcrParser::QUANTITY: {
      static constexpr const char* kQuantities[] = {"80GiB", "4.5bpw", "1%", "10min"};
      return kQuantities[pick(std::size(kQuantities))];
    }
    case LcrParser::STRING: {
      static constexpr const char* kTexts[] = {"\"\"", "\"a\"", "\"a \\\"b\\\" \\\\ \\n\"", "\"{ # }\""};
      return kTexts[pick(std::size(kTexts))];
    }
    case LcrParser::PATH: {
      static constexpr const char* kPaths[] = {"``", "`a.b`", "`**.{q,k}_proj`"};
      return kPaths[pick(std::size(kPaths))];
    }
    case LcrParser::REGEX: return "re`a\\.b*`";
    case LcrParser::NM: return "2:4";
    default: {
      std::string quoted = vocabulary().getLiteralName(type);
      return quoted.substr(1, quoted.size() - 2);
    }
  }
}

}  // namespace lcr::syntax
