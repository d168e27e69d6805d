#include "compiler/syntax/expected.h"

#include <map>

#include "compiler/syntax/nouns.h"

namespace lcr::syntax {

namespace {

using antlr4::atn::ATNState;
using antlr4::atn::Transition;

// A recognizer for all readings at once: `ends` of a rule at a token are all tokens at which the rule may end. The
// grammar has no left recursion, so the recursion ends. Hostile texts are cut off by the count of steps.
class Walk {
 public:
  Walk(const antlr4::atn::ATN& atn, const Tokens& tokens) : atn_(atn), tokens_(tokens) {}

  // Collects what is expected at this token; without it only `furthest` is found.
  void watch(size_t index) { watched_ = index; }
  const std::set<size_t>& ends(size_t rule, size_t at);

  size_t furthest() const { return furthest_; }
  const std::set<size_t>& types() const { return types_; }
  const NounList& nouns() const { return nouns_; }

 private:
  using Place = std::pair<const ATNState*, size_t>;
  void follow(const Transition& transition, size_t rule, size_t at, std::vector<Place>& open);
  void follow_rule(const antlr4::atn::RuleTransition& transition, size_t rule, size_t at, std::vector<Place>& open);
  void follow_token(const Transition& transition, size_t rule, size_t at, std::vector<Place>& open);

  static constexpr size_t kSteps = 4'000'000;

  const antlr4::atn::ATN& atn_;
  const Tokens& tokens_;
  std::map<std::pair<size_t, size_t>, std::set<size_t>> known_;
  size_t furthest_ = 0;
  size_t watched_ = static_cast<size_t>(-1);
  size_t steps_ = 0;
  // Inside a rule that has a noun of its own the parts are not named again.
  int named_ = 0;
  std::set<size_t> types_;
  NounList nouns_;
};

const std::set<size_t>& Walk::ends(size_t rule, size_t at) {
  auto [entry, fresh] = known_.try_emplace({rule, at});
  // What begins at the watched token ends nowhere; it is walked again for each caller, whose noun may differ.
  if (!fresh && at != watched_) return entry->second;
  std::set<size_t> result;
  std::set<Place> seen;
  std::vector<Place> open = {{atn_.ruleToStartState[rule], at}};
  while (!open.empty() && ++steps_ < kSteps) {
    Place place = open.back();
    open.pop_back();
    if (!seen.insert(place).second) continue;
    if (place.first == static_cast<const ATNState*>(atn_.ruleToStopState[rule])) {
      result.insert(place.second);
      continue;
    }
    for (const Transition* transition : place.first->transitions) follow(*transition, rule, place.second, open);
  }
  return known_[{rule, at}] = std::move(result);
}

void Walk::follow(const Transition& transition, size_t rule, size_t at, std::vector<Place>& open) {
  if (transition.getSerializationType() == Transition::RULE) {
    follow_rule(static_cast<const antlr4::atn::RuleTransition&>(transition), rule, at, open);
  } else if (transition.isEpsilon()) {
    open.emplace_back(transition.target, at);
  } else {
    follow_token(transition, rule, at, open);
  }
}

void Walk::follow_rule(const antlr4::atn::RuleTransition& transition, size_t rule, size_t at,
                       std::vector<Place>& open) {
  size_t callee = transition.target->ruleIndex;
  bool named = false;
  if (at == watched_ && named_ == 0) {
    Noun noun = rule_noun(rule, callee);
    named = !noun.text.empty();
    if (named) nouns_.add(noun);
  }
  named_ += named;
  for (size_t end : ends(callee, at)) open.emplace_back(transition.followState, end);
  named_ -= named;
}

void Walk::follow_token(const Transition& transition, size_t rule, size_t at, std::vector<Place>& open) {
  if (transition.matches(tokens_[at].type(), antlr4::Token::MIN_USER_TOKEN_TYPE, atn_.maxTokenType)) {
    // The end of the text can be matched by `file` alone, and there is nothing behind it.
    if (at + 1 < tokens_.size()) open.emplace_back(transition.target, at + 1);
    return;
  }
  furthest_ = std::max(furthest_, at);
  if (at != watched_) return;
  for (ssize_t type : transition.label().toList()) {
    types_.insert(static_cast<size_t>(type));
    if (named_ == 0) nouns_.add(token_noun(rule, static_cast<size_t>(type)));
  }
}

}  // namespace

Expected expected(const antlr4::atn::ATN& atn, const antlr4::dfa::Vocabulary& vocabulary, const Tokens& tokens,
                  size_t rule, size_t start) {
  Walk first(atn, tokens);
  first.ends(rule, start);
  Walk second(atn, tokens);
  second.watch(first.furthest());
  second.ends(rule, start);
  return {first.furthest(), second.types(), second.nouns().best(vocabulary),
          second.nouns().only_continues()};
}

}  // namespace lcr::syntax
