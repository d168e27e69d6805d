#include "compiler/import/draft.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/import.h"
#include "compiler/import/reference.h"
#include "compiler/import/stacks.h"

namespace lcr::foreign {
namespace {

std::vector<std::string> texts_of(const std::vector<Target>& targets) {
  std::vector<std::string> texts;
  for (const Target& target : targets)
    texts.push_back((target.kind == Target::Kind::Expression ? "re:" : "") + target.text);
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::string quoted(const std::vector<Target>& targets) { return fmt::format("{}", fmt::join(texts_of(targets), ", ")); }

std::vector<Term> terms_of(const std::vector<Target>& targets, Purpose purpose, const TargetMatcher* model) {
  std::vector<Term> terms;
  for (const Target& target : targets) terms.push_back(term_of(target, purpose, model));
  return terms;
}

class Drafter {
 public:
  Drafter(const Program& program, const TargetMatcher* model, Diagnostics& diagnostics)
      : program_(program), model_(model), diagnostics_(diagnostics) {
    for (const PrunePass& pass : program.prune) pruned_.push_back(kept(pass.ignore, diagnostics));
    for (const QuantizePass& pass : program.quantize) ignored_.push_back(kept(pass.ignore, diagnostics));
    shared_ = all_ignore_alike();
  }

  Draft make() {
    draft_.rotations = program_.rotations;
    untie();
    keep();
    for (size_t p = 0; p < program_.prune.size(); ++p) prune(p);
    for (size_t p = 0; p < program_.quantize.size(); ++p) quantize(p);
    caches();
    return std::move(draft_);
  }

 private:
  // One `keep` says it for all modifiers when all ignore the same.
  bool all_ignore_alike() const {
    std::vector<std::vector<std::string>> lists;
    for (const auto& list : pruned_) lists.push_back(texts_of(list));
    for (const auto& list : ignored_) lists.push_back(texts_of(list));
    return std::adjacent_find(lists.begin(), lists.end(), std::not_equal_to<>()) == lists.end();
  }

  // The other tool gives a tied module weights of its own as soon as one of the two is changed.
  void untie() {
    if (model_ == nullptr) return;
    const auto schemes = reference_schemes(program_, *model_);
    const auto pruned = reference_pruned(program_, *model_);
    const auto changed = [&](uint32_t module) { return schemes[module] != nullptr || pruned[module]; };
    for (const Tie& tie : model_->graph().ties)
      if (changed(tie.module) || changed(tie.to)) draft_.untied.emplace_back(model_->graph().modules[tie.module].path);
  }

  void keep() {
    const std::vector<Target>* list = !shared_            ? nullptr
                                      : !ignored_.empty() ? &ignored_[0]
                                      : !pruned_.empty()  ? &pruned_[0]
                                                          : nullptr;
    if (list != nullptr && !list->empty())
      draft_.rules.push_back(
          {"keep " + join(terms_of(*list, Purpose::Keep, model_)).text, {"ignored: " + quoted(*list)}});
    if (routers_are_named(list))
      draft_.rules.push_back({"keep role(router)",
                              {"the other tool holds these routers as bare parameters, which no target of its finds"}});
  }

  // Whether a rule would find a router that is not kept already.
  bool routers_are_named(const std::vector<Target>* list) const {
    if (model_ == nullptr || (program_.quantize.empty() && program_.prune.empty())) return false;
    std::vector<bool> covered(model_->graph().modules.size());
    if (list != nullptr)
      for (const Target& target : *list) {
        const std::vector<bool> found = model_->match_any_kind(target);
        for (size_t m = 0; m < covered.size(); ++m) covered[m] = covered[m] || found[m];
      }
    for (size_t m = 0; m < covered.size(); ++m)
      if (has(model_->graph().modules[m].roles, Role::Router) && !covered[m]) return true;
    return false;
  }

  // What a module must not match to be left to a claim: targets that are asked before, later modifiers, `ignore`.
  std::vector<Term> exceptions(size_t pass, const Claim& claim) const {
    std::vector<Term> result;
    const QuantizePass& own = program_.quantize[pass];
    for (const Claim& other : own.claims)
      if (other.scheme != claim.scheme && asked_before(other.target, claim.target) &&
          !apart(other.target, claim.target, model_))
        result.push_back(term_of(other.target, Purpose::Change, model_));
    for (size_t later = pass + 1; later < program_.quantize.size(); ++later)
      for (const Claim& other : program_.quantize[later].claims) {
        if (apart(other.target, claim.target, model_)) continue;
        Term term = term_of(other.target, Purpose::Change, model_);
        result.push_back(shared_ ? term : subtract(term, ignore_terms(ignored_[later], other.target)));
      }
    if (!shared_)
      for (Term& term : ignore_terms(ignored_[pass], claim.target)) result.push_back(std::move(term));
    return result;
  }
  std::vector<Term> ignore_terms(const std::vector<Target>& list, const Target& target) const {
    std::vector<Term> result;
    for (const Target& one : list)
      if (!apart(one, target, model_)) result.push_back(term_of(one, Purpose::Keep, model_));
    return result;
  }

  void quantize(size_t p) {
    const QuantizePass& pass = program_.quantize[p];
    for (size_t s = 0; s < pass.schemes.size(); ++s) {
      std::vector<Term> terms;
      std::vector<Target> targets;
      for (const Claim& claim : pass.claims) {
        if (claim.scheme != s) continue;
        targets.push_back(claim.target);
        terms.push_back(subtract(term_of(claim.target, Purpose::Change, model_), exceptions(p, claim)));
      }
      const Scheme& scheme = pass.schemes[s];
      if (!scheme.quantizes() || targets.empty() || !selects(scheme, targets)) continue;
      std::vector<std::string> comments = {fmt::format("{}, targets: {}", pass.modifier, quoted(targets))};
      if (!shared_ && !ignored_[p].empty()) comments.push_back("ignored: " + quoted(ignored_[p]));
      const std::string stack = stack_text(pass, scheme, model_, diagnostics_);
      draft_.rules.push_back(
          {fmt::format("quantize {} as {} with {}", join(std::move(terms)).text, name_of(scheme), stack),
           std::move(comments)});
      draft_.quantizes = true;
      draft_.needs_data |= needs_data(pass, scheme);
      draft_.every_expert = true;
      draft_.layers |= pass.layers || std::any_of(pass.transforms.begin(), pass.transforms.end(),
                                                  [](const Transform& one) { return one.needs_data; });
    }
  }

  // Without a model every rule selects something. The other tool does not mind when nothing is selected.
  bool selects(const Scheme& scheme, const std::vector<Target>& targets) {
    if (model_ == nullptr) return true;
    const auto schemes = reference_schemes(program_, *model_);
    if (std::find(schemes.begin(), schemes.end(), &scheme) != schemes.end()) return true;
    diagnostics_.report(codes::L7055, targets[0].span,
                        fmt::format("no rule for {}: in this model nothing is left to these targets", quoted(targets)));
    return false;
  }

  std::string name_of(const Scheme& scheme) {
    const Precision& precision = scheme.precision;
    if (scheme.preset)
      draft_.schemes.insert(precision.name);
    else
      draft_.own[precision.name] = to_string(precision);
    return precision.name;
  }

  void prune(size_t p) {
    const PrunePass& pass = program_.prune[p];
    Target linear;
    linear.kind = Target::Kind::Linear;
    linear.text = "Linear";
    const std::vector<Target> targets = pass.targets.empty() ? std::vector<Target>{linear} : pass.targets;
    std::vector<Term> terms;
    for (const Target& target : targets) {
      if (pass.experts) {
        terms = {subtract({"type(linear) & role(expert)", true}, terms_of(pruned_[p], Purpose::Keep, model_))};
        break;
      }
      if (target.kind == Target::Kind::Attention || target.kind == Target::Kind::Other ||
          target.kind == Target::Kind::Router) {
        diagnostics_
            .report(codes::L7053, target.span,
                    fmt::format("the class `{}` has no equivalent as a target of a pruning", target.text))
            .help("name the modules: `re:` and an expression over their paths");
        continue;
      }
      terms.push_back(subtract(term_of(target, Purpose::Change, model_),
                               shared_ ? std::vector<Term>() : ignore_terms(pruned_[p], target)));
    }
    const std::string amount = pass.amount.empty() ? "" : " " + pass.amount;
    draft_.rules.push_back({fmt::format("prune {}{} with {}", join(std::move(terms)).text, amount, pass.pruner),
                            {fmt::format("{}, targets: {}", pass.modifier, quoted(targets))}});
    draft_.needs_data |= pass.needs_data;
    draft_.layers |= pass.needs_data && !pass.experts;
    draft_.top_k |= pass.experts;
    draft_.every_expert |= pass.needs_data;
  }

  // Caches of all layers, with the queries where a group of attentions says so.
  void caches() {
    std::map<std::string, std::pair<bool, const CacheRule*>> rules;
    for (const CacheRule& rule : program_.caches) {
      auto& entry = rules[to_string(rule.arguments.format, false)];
      entry.first |= rule.queries;
      if (entry.second == nullptr) entry.second = &rule;
    }
    if (rules.size() > 1)
      diagnostics_.report(codes::L7053, program_.caches.back().arguments.span, "caches get two formats")
          .help("the cache scheme and the groups of attentions must say the same");
    for (const auto& [format, entry] : rules) {
      const std::string& observer = entry.second->arguments.observer;
      draft_.roles.insert("kv_cache");
      if (entry.first) draft_.roles.insert("queries");
      draft_.rules.push_back({fmt::format("quantize {}kv_cache as {} with rtn{}", entry.first ? "queries | " : "",
                                          format, observer.empty() ? "" : fmt::format("(range = {})", observer)),
                              {entry.first ? "a group of attentions" : "kv_cache_scheme"}});
      draft_.quantizes = true;
      draft_.needs_data |= is_calibrated(entry.second->arguments);
      draft_.every_expert = true;
    }
  }

  const Program& program_;
  const TargetMatcher* model_;
  Diagnostics& diagnostics_;
  std::vector<std::vector<Target>> pruned_, ignored_;
  bool shared_ = true;
  Draft draft_;
};

}  // namespace

Draft make_draft(const Program& program, const TargetMatcher* model, Diagnostics& diagnostics) {
  Draft draft = Drafter(program, model, diagnostics).make();
  if (model != nullptr && model->graph().expert_counts.empty()) draft.every_expert = false;
  return draft;
}

}  // namespace lcr::foreign
