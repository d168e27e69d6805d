#include "compiler/facts/module_folds.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "compiler/diagnostics/check.h"
#include "compiler/facts/folds.h"

namespace lcr {
namespace {

class Marker {
 public:
  Marker(const ModelGraph& graph, const Rotations& facts) : graph_(graph), facts_(facts), folds_(graph.modules.size()) {
    for (uint32_t m = 0; m < graph.modules.size(); ++m) {
      const Module& module = graph.modules[m];
      if (module.kind != ModuleKind::Opaque) places_[{module.owner, module.local}].push_back(m);
    }
  }

  void residual() {
    LCR_CHECK(facts_.r1_legal, "a residual stream that cannot be rotated");
    for (const NormFold& fold : derive_folds(graph_, facts_)) {
      std::map<uint32_t, uint32_t> norms;  // by instance
      for (uint32_t norm : at({fold.owner, fold.module})) {
        norms[graph_.modules[norm].instance] = norm;
        folds_[norm].ones = true;
      }
      // What a layer's norm gives stays in the layer; what the model's own norm gives is read anywhere.
      for (const auto& reader : fold.readers) {
        for (uint32_t m : at(reader)) {
          const auto found = norms.find(fold.owner == 0 ? 0 : graph_.modules[m].instance);
          if (found != norms.end()) folds_[m].norm = found->second;
        }
      }
    }
    for (const auto& writer : facts_.writers) {
      for (uint32_t m : at(writer)) {
        folds_[m].writes = true;
        folds_[m].centred = !facts_.centred.empty();
        const ModuleKind kind = graph_.modules[m].kind;
        folds_[m].rows = kind == ModuleKind::Linear || kind == ModuleKind::Conv;
      }
    }
    for (const auto& reader : facts_.readers)
      for (uint32_t m : at(reader)) folds_[m].reads = true;
  }

  void heads(const std::vector<std::string>& places) {
    const std::set<std::string_view> wanted(places.begin(), places.end());
    for (uint32_t h = 0; h < facts_.heads.size(); ++h) {
      const Rotations::Heads& heads = facts_.heads[h];
      if (heads.value_module == none_id) continue;
      for (uint32_t value : at({heads.owner, heads.value_module})) {
        if (!wanted.contains(graph_.modules[value].path)) continue;
        LCR_CHECK(heads.legal, "heads that cannot be rotated");
        folds_[value].values = h;
        for (uint32_t local : heads.readers)
          for (uint32_t reader : at({heads.owner, local}))
            if (graph_.modules[reader].instance == graph_.modules[value].instance) folds_[reader].attended = h;
      }
    }
  }

  std::vector<ModuleFold> take() { return std::move(folds_); }

 private:
  // Modules of all instances, and experts.
  const std::vector<uint32_t>& at(std::pair<TemplateId, uint32_t> place) const {
    static const std::vector<uint32_t> none;
    const auto found = places_.find(place);
    return found == places_.end() ? none : found->second;
  }

  const ModelGraph& graph_;
  const Rotations& facts_;
  std::vector<ModuleFold> folds_;
  std::map<std::pair<TemplateId, uint32_t>, std::vector<uint32_t>> places_;
};

}  // namespace

int64_t stream_width(const ModelGraph& graph, const Rotations& facts) {
  for (auto [owner, local] : facts.writers) {
    const TemplateModule& writer = graph.templates[owner].modules[local];
    if (writer.kind == ModuleKind::Linear) return writer.out;
    if (writer.kind == ModuleKind::Embedding) return writer.in;
  }
  return 0;
}

std::vector<ModuleFold> module_folds(const ModelGraph& graph, const Rotations& facts,
                                     const std::vector<Rotation>& rotations) {
  if (std::none_of(rotations.begin(), rotations.end(), [](const Rotation& one) { return one.folded(); })) return {};
  Marker marker(graph, facts);
  for (const Rotation& rotation : rotations) {
    if (rotation.space == "R1") marker.residual();
    if (rotation.space == "R2") marker.heads(rotation.places);
  }
  return marker.take();
}

}  // namespace lcr
