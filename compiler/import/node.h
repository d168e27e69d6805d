#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/source/source.h"

// Recipes and configurations of other tools, read as texts with positions.
namespace lcr::foreign {

struct NodeMember;

// One value of a YAML or JSON text. Aliases and merge keys are already replaced by what they stand for.
struct Node {
  enum class Kind { Null, Scalar, List, Map };
  Kind kind = Kind::Null;
  std::string text;     // of a scalar
  bool quoted = false;  // a scalar that is a text whatever it looks like
  Span span;            // of a scalar; of the first byte of a list or map
  std::vector<Node> items;
  std::vector<NodeMember> members;  // of a map, keys are scalars, each once

  bool is_null() const { return kind == Kind::Null; }
  // Null when there is none.
  const Node* find(std::string_view key) const;
};

struct NodeMember {
  Node first, second;
};

// "a map", "the text `x`": for messages.
std::string describe(const Node& node);

// What a scalar means to a reader of YAML 1.1; nothing when it is something else.
std::optional<bool> truth_of(const Node& node);
std::optional<int64_t> integer_of(const Node& node);
std::optional<double> number_of(const Node& node);

// Reads one text of YAML or JSON, or the front matter of a Markdown text. Reports what is no YAML, keys that stand
// twice, and texts that are too large, too deep, or grow too large by their aliases; nothing then.
std::optional<Node> read_node(const Sources& sources, uint32_t file, Diagnostics& diagnostics);

}  // namespace lcr::foreign
