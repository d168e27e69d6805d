#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "compiler/facts/facts.h"
#include "compiler/facts/folds.h"
#include "compiler/facts/smoothing.h"
#include "compiler/facts/users.h"

namespace lcr {

namespace {

// The space of the residual stream: what the embedding writes, closed over everything that only adds to it or passes it
// on (design of the walk: docs/architectures.md, rotations).
class Residual {
 public:
  Residual(const ModelGraph& graph, Rotations& result) : graph_(graph), users_(graph), result_(result) {}

  void walk() {
    for (TemplateId id = 0; id < graph_.templates.size(); ++id) {
      for (const Node& node : graph_.templates[id].nodes) {
        if (node.op == Op::Embedding && !node.unused) push({id, node.outputs[0]});
      }
    }
    while (!todo_.empty()) {
      Place place = todo_.back();
      todo_.pop_back();
      if (template_of(place).values[place.value].node == none_id) {
        from_caller(place);
      } else {
        written_by(place);
      }
      for (const Users::Reader& reader : users_.readers(place)) read_by(place, reader);
      to_caller(place);
    }
    result_.writers.assign(writers_.begin(), writers_.end());
    result_.readers.assign(readers_.begin(), readers_.end());
    result_.norms.assign(norms_.begin(), norms_.end());
    result_.centred.assign(centred_.begin(), centred_.end());
    result_.r1_forbidden.assign(forbidden_.begin(), forbidden_.end());
    result_.r1_legal = forbidden_.empty() && !writers_.empty();
  }

 private:
  const Template& template_of(Place place) const { return graph_.templates[place.owner]; }
  std::string named(TemplateId id, const Node& node) const {
    if (node.module == none_id) return std::string(name_of(node.op));
    return fmt::format("`{}`", graph_.templates[id].modules[node.module].path);
  }
  void push(Place place) {
    if (space_.insert(place).second) todo_.push_back(place);
  }
  void forbid(std::string reason) { forbidden_.insert(std::move(reason)); }

  // An input of a template is what its callers give it.
  void from_caller(Place place) {
    const Template& self = template_of(place);
    for (size_t i = 0; i < self.inputs.size(); ++i) {
      if (self.inputs[i] != place.value) continue;
      for (Place outside : users_.arguments(place.owner, i)) push(outside);
    }
  }
  void to_caller(Place place) {
    const Template& self = template_of(place);
    for (size_t i = 0; i < self.outputs.size(); ++i) {
      if (self.outputs[i] != place.value) continue;
      for (Place outside : users_.results(place.owner, i)) push(outside);
    }
  }

  void written_by(Place place);
  void read_by(Place place, const Users::Reader& reader);
  bool only_linears_read(Place place) const { return linear_readers(graph_, users_, place).has_value(); }
  // Of a product, the side that is a whole row while the other is one number a token; none_id when neither is.
  ValueId scaled_side(const Template& self, const Node& node) const {
    size_t a = width_of(self.values[node.inputs[0]]), b = width_of(self.values[node.inputs[1]]);
    if (b == 1) return node.inputs[0];
    return a == 1 ? node.inputs[1] : none_id;
  }

  const ModelGraph& graph_;
  Users users_;
  Rotations& result_;
  std::set<Place> space_;
  std::vector<Place> todo_;
  std::set<std::pair<TemplateId, uint32_t>> writers_, readers_, norms_, centred_;
  std::set<std::string> forbidden_;
};

void Residual::written_by(Place place) {
  const Template& self = template_of(place);
  const Node& node = self.nodes[self.values[place.value].node];
  switch (node.op) {
    case Op::Linear: case Op::Embedding: case Op::LearnedPositions: case Op::Parameter: case Op::PatchEmbedding:
    case Op::Conv1d:
      writers_.insert({place.owner, node.module});
      return;
    case Op::Add: case Op::Subtract: case Op::Scatter: case Op::Prepend:
      if (node.inputs.size() == 1) return forbid("a constant is added to the residual stream");
      for (size_t i = 0; i < std::min<size_t>(2, node.inputs.size()); ++i) push({place.owner, node.inputs[i]});
      return;
    case Op::Native: case Op::F32: case Op::Negate: case Op::DropFirst:
      return push({place.owner, node.inputs[0]});
    case Op::Multiply: case Op::Divide: {
      if (node.inputs.size() == 1) return push({place.owner, node.inputs[0]});
      ValueId row = scaled_side(self, node);
      if (row != none_id) return push({place.owner, row});
      return forbid("an elementwise product writes the residual stream");
    }
    case Op::Dispatch: case Op::Call: {
      const Template& callee = graph_.templates[node.callee];
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        if (node.outputs[i] == place.value) push({node.callee, callee.outputs[i]});
      }
      return;
    }
    case Op::RmsNorm: case Op::LayerNorm:
      if (only_linears_read(place)) return push({place.owner, node.inputs[0]});
      return forbid(fmt::format("{} writes the residual stream channel by channel", named(place.owner, node)));
    default:
      return forbid(fmt::format("{} writes the residual stream", name_of(node.op)));
  }
}

void Residual::read_by(Place place, const Users::Reader& reader) {
  const Template& self = template_of(place);
  const Node& node = self.nodes[reader.node];
  switch (node.op) {
    case Op::Linear: case Op::Conv1d:
      readers_.insert({place.owner, node.module});
      return;
    case Op::RmsNorm: case Op::LayerNorm:
      if (node.module == none_id || !only_linears_read({place.owner, node.outputs[0]})) {
        return forbid(fmt::format("what {} gives is read by more than linear layers", named(place.owner, node)));
      }
      norms_.insert({place.owner, node.module});
      if (node.op == Op::LayerNorm) centred_.insert({place.owner, node.module});
      return push({place.owner, node.outputs[0]});
    case Op::Add:
    case Op::Subtract:
    case Op::Native:
    case Op::F32:
    case Op::Negate:
    case Op::Scatter:
    case Op::DropFirst:
    case Op::Prepend:
      return push({place.owner, node.outputs[0]});
    case Op::Multiply: case Op::Divide:
      if (node.inputs.size() == 1 || scaled_side(self, node) == place.value)
        return push({place.owner, node.outputs[0]});
      return forbid("an elementwise product reads the residual stream");
    case Op::LearnedPositions:
      // Where a row stands, not what it holds.
      return;
    case Op::Dispatch:
      if (reader.input == 0) push({node.callee, graph_.templates[node.callee].inputs[0]});
      return;
    case Op::Call:
      return push({node.callee, graph_.templates[node.callee].inputs[reader.input]});
    default:
      return forbid(fmt::format("{} reads the residual stream", name_of(node.op)));
  }
}

}  // namespace

void derive_residual(const ModelGraph& graph, Rotations& result) { Residual(graph, result).walk(); }

}  // namespace lcr
