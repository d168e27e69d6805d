#include "compiler/facts/folds.h"

namespace lcr {

namespace {

class Readers {
 public:
  Readers(const ModelGraph& graph, const Users& users) : graph_(graph), users_(users) {}

  bool collect(Place place) {
    const Template& self = graph_.templates[place.owner];
    for (const Users::Reader& reader : users_.readers(place)) {
      if (!read(place.owner, self.nodes[reader.node], reader.input)) return false;
    }
    for (size_t i = 0; i < self.outputs.size(); ++i) {
      if (self.outputs[i] != place.value) continue;
      if (place.owner == 0) return false;
      for (Place outside : users_.results(place.owner, i)) {
        if (!collect(outside)) return false;
      }
    }
    return true;
  }

  ModuleSet found;

 private:
  bool read(TemplateId owner, const Node& node, size_t input) {
    switch (node.op) {
      case Op::Linear: case Op::Conv1d:
        found.insert({owner, node.module});
        return true;
      case Op::F32: case Op::Native:
        return collect({owner, node.outputs[0]});
      case Op::Dispatch:
        return input == 0 && collect({node.callee, graph_.templates[node.callee].inputs[0]});
      case Op::Call:
        return collect({node.callee, graph_.templates[node.callee].inputs[input]});
      default:
        return false;
    }
  }

  const ModelGraph& graph_;
  const Users& users_;
};

}  // namespace

std::optional<ModuleSet> linear_readers(const ModelGraph& graph, const Users& users, Place place) {
  Readers readers(graph, users);
  if (!readers.collect(place)) return std::nullopt;
  return std::move(readers.found);
}

std::vector<NormFold> derive_folds(const ModelGraph& graph, const Rotations& rotations) {
  Users users(graph);
  std::vector<NormFold> folds;
  for (auto [owner, module] : rotations.norms) {
    for (const Node& node : graph.templates[owner].nodes) {
      if (node.module != module) continue;
      auto readers = linear_readers(graph, users, {owner, node.outputs[0]});
      if (readers) folds.push_back({owner, module, node.op == Op::LayerNorm, {readers->begin(), readers->end()}});
    }
  }
  return folds;
}

double norm_offset(const ModelGraph& graph, uint32_t module) {
  const Module& m = graph.modules[module];
  for (const Node& node : graph.templates[m.owner].nodes)
    if (node.module == m.local) return node.attributes.offset;
  return 0;
}

}  // namespace lcr
