#include "backend/forward/module_index.h"

#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

// Four numbers of 16 bits in one key; -1 for no expert becomes 0.
uint64_t place(uint32_t instance, TemplateId owner, uint32_t local, int32_t expert) {
  return uint64_t{instance} << 48 | uint64_t{owner & 0xFFFF} << 32 | uint64_t{local & 0xFFFF} << 16 |
         static_cast<uint64_t>((expert + 1) & 0xFFFF);
}

}  // namespace

ModuleIndex::ModuleIndex(const ModelGraph& graph) {
  for (uint32_t i = 0; i < graph.modules.size(); ++i) {
    const Module& module = graph.modules[i];
    // Stands for tensors that are copied, not run.
    if (module.kind == ModuleKind::Opaque) continue;
    by_place_.emplace(place(module.instance, module.owner, module.local, module.expert), i);
  }
  for (uint32_t i = 0; i < graph.instances.size(); ++i)
    if (graph.instances[i].node != none_id) by_call_.emplace(graph.instances[i].node, i);
}

uint32_t ModuleIndex::find(uint32_t instance, TemplateId owner, uint32_t local, int32_t expert) const {
  auto found = by_place_.find(place(instance, owner, local, expert));
  LCR_CHECK(found != by_place_.end(), "a node without its module");
  return found->second;
}

}  // namespace lcr
