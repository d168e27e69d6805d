#include "compiler/import/mappings.h"

#include <set>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/import.h"
#include "compiler/facts/facts.h"

namespace lcr::foreign {
namespace {

std::vector<bool> any_of(const std::vector<Target>& targets, const TargetMatcher& model) {
  std::vector<bool> result(model.graph().modules.size());
  for (const Target& target : targets) {
    const std::vector<bool> one = model.match_any_kind(target);
    for (size_t m = 0; m < result.size(); ++m) result[m] = result[m] || one[m];
  }
  return result;
}

class Checker {
 public:
  Checker(const TargetMatcher& model, Diagnostics& diagnostics)
      : model_(model), diagnostics_(diagnostics), facts_(derive(model.graph())) {}

  void check(const Mapping& mapping) {
    const std::vector<bool> producers = any_of(mapping.producers, model_), balanced = any_of(mapping.balanced, model_);
    for (const SmoothingSet& set : facts_.smoothing) {
      std::set<uint32_t> instances;
      for (const Side& writer : set.writers)
        for (uint32_t m : modules_of(writer.owner, writer.module))
          if (producers[m]) instances.insert(module(m).instance);
      for (const Side& reader : set.readers)
        if (const Module* forgotten = missing(reader, instances, balanced)) return report(mapping, *forgotten);
    }
    for (const SmoothingRefusal& refusal : facts_.refused)
      for (uint32_t m : modules_of(refusal.owner, refusal.module))
        if (producers[m]) return report(mapping, module(m), refusal.reason);
  }

 private:
  const Module& module(uint32_t m) const { return model_.graph().modules[m]; }
  std::vector<uint32_t> modules_of(TemplateId owner, uint32_t local) const {
    std::vector<uint32_t> result;
    for (uint32_t m = 0; m < model_.graph().modules.size(); ++m)
      if (module(m).owner == owner && module(m).local == local) result.push_back(m);
    return result;
  }
  const Module* missing(const Side& reader, const std::set<uint32_t>& instances,
                        const std::vector<bool>& balanced) const {
    for (uint32_t m : modules_of(reader.owner, reader.module)) {
      const uint32_t instance = reader.instance == none_id ? module(m).instance : reader.instance;
      if (instances.count(instance) > 0 && !balanced[m]) return &module(m);
    }
    return nullptr;
  }
  void report(const Mapping& mapping, const Module& forgotten) {
    diagnostics_
        .report(codes::L7053, mapping.span,
                fmt::format("the mapping forgets `{}`, which reads what is scaled", forgotten.path))
        .note("dividing what is written without multiplying what reads it changes what the model computes")
        .help("name it among the balanced layers, or leave the mappings out");
  }
  void report(const Mapping& mapping, const Module& producer, const std::string& reason) {
    diagnostics_
        .report(codes::L7053, mapping.span, fmt::format("what `{}` writes cannot be scaled: {}", producer.path, reason))
        .help("leave the mapping out");
  }

  const TargetMatcher& model_;
  Diagnostics& diagnostics_;
  Facts facts_;
};

}  // namespace

void check_mappings(const Program& program, const TargetMatcher& model, Diagnostics& diagnostics) {
  std::optional<Checker> checker;
  for (const QuantizePass& pass : program.quantize)
    for (const Transform& transform : pass.transforms)
      for (const Mapping& mapping : transform.mappings) {
        if (!checker) checker.emplace(model, diagnostics);
        checker->check(mapping);
      }
}

}  // namespace lcr::foreign
