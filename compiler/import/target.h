#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/import/name_pattern.h"
#include "compiler/import/node.h"
#include "compiler/model/graph.h"
#include "compiler/select/regex.h"

namespace lcr::foreign {

// One entry of `targets` or `ignore`.
struct Target {
  enum class Kind {
    Name,       // a whole module name
    Expression, // `re:` and a Python expression, bound at the front of the name only
    Linear, Embedding,
    Attention,  // a class that ends in Attention
    Router,     // a class of routers or gates
    Other,      // another class
  };
  Kind kind = Kind::Name;
  std::string text;  // as written, without `re:`
  Span span;
  std::optional<NameSteps> steps;  // of a name or expression, as far as they can be told
};

// Reports an expression that cannot be read, or that a path in backticks cannot hold; nothing then.
std::optional<Target> read_target(const Node& node, Diagnostics& diagnostics);
std::vector<Target> read_targets(const std::vector<const Node*>& nodes, Diagnostics& diagnostics);

// The order in which the other tool asks them: names, expressions, classes, each in the order of their texts.
bool asked_before(const Target& a, const Target& b);

// Whether no module can be matched by both.
bool disjoint(const Target& a, const Target& b);

// Finds the modules of a model that targets match, as the other tool matches its own: among linears and embeddings
// alone, and no router, which it holds as bare parameters.
class TargetMatcher {
 public:
  explicit TargetMatcher(const ModelGraph& graph) : graph_(graph) {}

  static bool is_candidate(const Module& module);
  std::vector<bool> match(const Target& target) const;
  // All modules whose name or class matches, whatever their kind.
  std::vector<bool> match_any_kind(const Target& target) const;
  const ModelGraph& graph() const { return graph_; }

 private:
  const ModelGraph& graph_;
};

}  // namespace lcr::foreign
