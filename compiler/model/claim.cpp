#include "compiler/model/claim.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/codecs.h"
#include "compiler/model/instantiate.h"
#include "compiler/model/name_list.h"
#include "compiler/model/passed.h"
#include "compiler/model/source_transforms.h"
#include "compiler/model/tensor_lookup.h"

namespace lcr::elaboration {
namespace {

// The first of the tensors of one kind that have another shape than declared, and how many there are.
struct WrongShape {
  uint32_t tensor = 0;
  Dims declared;
  size_t count = 0;
};

// Missing tensors that are looked for under other spellings.
constexpr size_t most_looked_up = 64;

// The first key that a condition reads, itself or through a definition.
std::string key_of(const syntax::Graph& graph, const Description& description) {
  const bool name = graph.kind == syntax::Graph::Kind::Operation && !graph.called;
  if (name) {
    for (const syntax::Setting* setting : description.settings)
      if (setting->target && setting->target->name.text == graph.text) return key_of(setting->value, description);
    return graph.text;
  }
  for (const syntax::Graph& operand : graph.operands)
    if (std::string key = key_of(operand, description); !key.empty()) return key;
  return {};
}

// Everything that claiming one tensor after the other shares.
struct Claimer {
  ModelGraph& graph;
  Elaborator& elaborator;
  const Checkpoint& checkpoint;
  const Spelling& spelling;
  Codecs codecs;
  Layouts layouts;
  std::vector<bool>& used;
  Diagnostics& diagnostics;
  NameList missing;
  std::vector<std::string> missing_in_text;  // as the text spells the first of them
  std::map<std::tuple<TemplateId, uint32_t, uint32_t>, WrongShape> wrong_shapes;  // by template, module and tensor
  std::string name;
  int64_t near = -1;  // the tensor that was found last
  // Placements of the tensors of one dispatch; all experts share them. By tensor of the expert template.
  std::unordered_map<uint64_t, std::optional<Placement>> placements;

  void use(uint32_t tensor, bool shared) {
    if (used[tensor] && !shared) {
      diagnostics.report(codes::L7021,
                         fmt::format("the architecture uses `{}` for two modules", checkpoint.tensors[tensor].name));
    }
    used[tensor] = true;
  }

  void wrong_shape(const Module& module, uint32_t tensor, const Dims& declared) {
    const auto number = static_cast<uint32_t>(graph.tensors.size() - 1 - module.first_tensor);
    auto [found, added] =
        wrong_shapes.try_emplace({module.owner, module.local, number}, WrongShape{tensor, declared, 0});
    ++found->second.count;
  }

  void claim_module(Module& module);
  bool claim_plain(const Module& module, const TemplateModule::Tensor& declared, TensorView& view);
  bool claim_layout(const Module& module, uint32_t number, const TemplateModule::Tensor& declared, TensorView& view);
  std::string symbolic_name(const Module& module, const TemplateModule::Tensor& declared, const Node** dispatch) const;
  void report_missing();
};

void Claimer::claim_module(Module& module) {
  const TemplateModule& declaration = graph.declaration(module);
  module.first_tensor = static_cast<uint32_t>(graph.tensors.size());
  module.tensor_count = static_cast<uint32_t>(declaration.tensors.size());
  for (uint32_t i = 0; i < module.tensor_count; ++i) {
    const TemplateModule::Tensor& declared = declaration.tensors[i];
    TensorView& view = graph.tensors.emplace_back();
    name.assign(module.path);
    if (!declared.name.empty()) (name += '.') += declared.name;
    if (claim_plain(module, declared, view) || claim_layout(module, i, declared, view)) {
      if (declared.name == "weight") module.source_codec = static_cast<uint32_t>(view.codec);
      continue;
    }
    if (module.tied_to >= 0 && declared.name == "weight") continue;
    missing.add(name);
    if (missing.count() > most_looked_up) continue;
    const Node* dispatch = nullptr;
    missing_in_text.push_back(with_expert(symbolic_name(module, declared, &dispatch), module.expert));
  }
}

bool Claimer::claim_plain(const Module& module, const TemplateModule::Tensor& declared, TensorView& view) {
  const int64_t stored = near = find_near(checkpoint, name, near);
  const bool matrix = declared.name == "weight" && declared.shape.size() == 2;
  const bool plain = stored >= 0 && (!matrix || size_of(checkpoint.tensors[static_cast<size_t>(stored)].dtype) > 1);
  if (plain) {
    const auto tensor = static_cast<uint32_t>(stored);
    use(tensor, false);
    view.sources.push_back(tensor);
    view.dtype = checkpoint.tensors[tensor].dtype;
    if (checkpoint.tensors[tensor].shape != declared.shape) wrong_shape(module, tensor, declared.shape);
    return true;
  }
  if (!matrix) return false;
  auto found = codecs.weight(std::string(module.path), stored, declared.shape);
  if (!found) return false;
  for (uint32_t tensor : found->view.sources) use(tensor, false);
  if (!found->problem.empty())
    diagnostics.report(codes::L7035,
                       fmt::format("the weights of `{}` cannot be decoded: {}", module.path, found->problem));
  else if (stored >= 0 && checkpoint.tensors[found->view.sources[0]].shape != declared.shape)
    wrong_shape(module, found->view.sources[0], declared.shape);
  view = std::move(found->view);
  return true;
}

// The tensor as the text names it, with "{}" for the expert.
std::string Claimer::symbolic_name(const Module& module, const TemplateModule::Tensor& declared,
                                   const Node** dispatch) const {
  const Instance& instance = graph.instances[module.instance];
  std::string path = instance.path;
  if (module.expert >= 0) {
    for (const Node& node : graph.templates[instance.id].nodes)
      if (node.op == Op::Dispatch && node.callee == module.owner) *dispatch = &node;
    path = joined_path(path, (*dispatch)->path);
  }
  return joined_path(joined_path(path, graph.declaration(module).path), declared.name);
}

bool Claimer::claim_layout(const Module& module, uint32_t number, const TemplateModule::Tensor& declared,
                           TensorView& view) {
  const uint64_t key =
      (uint64_t{module.instance} << 40) | (uint64_t{module.owner} << 28) | (module.local << 4) | number;
  auto [found, added] = placements.try_emplace(key);
  if (added) {
    const Node* dispatch = nullptr;
    const std::string symbolic = symbolic_name(module, declared, &dispatch);
    found->second = layouts.place(symbolic, declared.shape, dispatch ? dispatch->attributes.experts : 0);
  }
  if (!found->second) return false;
  view = found->second->view;
  if (found->second->by_expert) {
    auto& slice = view.steps[found->second->expert_step].slices[found->second->expert_slice];
    slice.low = module.expert;
  }
  if (view.codec != TensorView::Codec::None) view.dtype = graph.dtype;
  for (uint32_t tensor : view.sources) use(tensor, true);
  if (found->second->failed) view = {};
  return true;
}

void Claimer::report_missing() {
  for (const auto& [key, wrong] : wrong_shapes) {
    const StoredTensor& stored = checkpoint.tensors[wrong.tensor];
    auto& diagnostic = diagnostics.report(
        codes::L7032, fmt::format("`{}` has the shape [{}], the architecture declares [{}]", stored.name,
                                 fmt::join(stored.shape, ", "), fmt::join(wrong.declared, ", ")));
    if (wrong.count > 1)
      diagnostic.note(fmt::format("so have {} of other layers or experts", counted(wrong.count - 1, "tensor")));
  }
  if (missing.count() == 0) return;
  for (const std::string& name : missing_in_text) {
    for (const std::string& other : spelling.others(name)) {
      if (checkpoint.find(other) < 0) continue;
      std::string usual = name;
      spelling.apply(usual);
      diagnostics.report(
          codes::L7033,
          fmt::format("the checkpoint names a tensor `{}`, and by its other names it would be `{}`", other, usual));
      return;
    }
  }
  Diagnostic& diagnostic = diagnostics.report(
      codes::L7030, fmt::format("the checkpoint lacks {} that the architecture declares: {}",
                               counted(missing.count(), "tensor"), missing.text()));
  diagnostic.with("count", static_cast<int64_t>(missing.count())).with("tensors", missing.first());
  for (const syntax::Tie* tie : elaborator.scope().description->ties) {
    const std::string key = tie->when ? key_of(*tie->when, *elaborator.scope().description) : std::string();
    if (key.empty() || std::find(missing_in_text.begin(), missing_in_text.end(), tie->tensor.text + ".weight") ==
                           missing_in_text.end())
      continue;
    diagnostic.help(
        fmt::format("`{}` is needed unless `{}` of config.json ties it to `{}`", tie->tensor.text, key, tie->to.text));
  }
}

// Marks modules whose weight is that of another one. Reported when a path names no module.
void tie_modules(ModelGraph& graph, Elaborator& elaborator, const Spelling& spelling, const Checkpoint& checkpoint) {
  Locals none;
  Frame frame{none, elaborator.scope(), true};
  auto find = [&](const syntax::Path& path) -> int64_t {
    std::string name = path.text + ".";
    spelling.apply(name);
    name.pop_back();
    for (size_t i = 0; i < graph.modules.size(); ++i)
      if (graph.modules[i].path == name) return static_cast<int64_t>(i);
    elaborator.fail(codes::L7022, path.span, fmt::format("there is no module `{}`", path.text));
    return -1;
  };
  for (const syntax::Tie* tie : elaborator.scope().description->ties) {
    if (tie->when) {
      Term holds = elaborator.evaluate(*tie->when, frame);
      if (!holds.is<bool>() && !holds.is<Poison>())
        elaborator.fail(codes::L7017, tie->when->span,
                        fmt::format("a condition is true or false, this is {}", kind_of(holds)));
      if (!holds.is<bool>() || !*holds.as<bool>()) continue;
    }
    const int64_t module = find(tie->tensor), to = find(tie->to);
    if (module < 0 || to < 0 || module == to) continue;
    Module& tied = graph.modules[static_cast<size_t>(module)];
    tied.tied_to = static_cast<int32_t>(to);
    const bool stored = checkpoint.find(std::string(tied.path) + ".weight") >= 0;
    graph.ties.push_back({static_cast<uint32_t>(module), static_cast<uint32_t>(to), stored});
  }
}

// The matrices of rotations at run time belong to the configuration, as scales of caches do.
void pass_matrices(ModelGraph& graph, const Checkpoint& checkpoint, const Json& config, std::vector<bool>& used) {
  for (const SourceTransform& transform : source_transforms(config))
    for (uint32_t i = 0; i < used.size(); ++i) {
      if (used[i] || !is_transform_matrix(checkpoint.tensors[i].name, transform)) continue;
      used[i] = true;
      graph.passed.push_back({i, false, Role::None, none_id});
    }
}

}  // namespace

void claim(ModelGraph& graph, Elaborator& elaborator, const Checkpoint& checkpoint, const Json& config,
           const Spelling& spelling, TextArena& arena, Diagnostics& diagnostics) {
  std::vector<bool> used(checkpoint.tensors.size());
  tie_modules(graph, elaborator, spelling, checkpoint);
  Claimer claimer{graph,
                  elaborator,
                  checkpoint,
                  spelling,
                  Codecs(config, checkpoint, graph.dtype),
                  Layouts(elaborator, elaborator.scope(), checkpoint, spelling),
                  used,
                  diagnostics,
                  {}, {}, {}, {}, -1, {}};
  graph.tensors.reserve(graph.modules.size() + graph.modules.size() / 4);
  for (Module& module : graph.modules) claimer.claim_module(module);
  claimer.layouts.check_tiling();
  for (const AttentionPoint& point : graph.points) {
    if (point.kind != AttentionPoint::Kind::Keys) continue;
    const std::string block(point.path.substr(0, point.path.rfind('.')));
    for (uint32_t tensor : claimer.codecs.cache_scales(block)) {
      used[tensor] = true;
      graph.passed.push_back({tensor, false, Role::Attention, none_id});
    }
  }
  pass_matrices(graph, checkpoint, config, used);
  claimer.report_missing();
  pass_on(graph, elaborator, checkpoint, claimer.codecs, spelling, used, arena);
  NameList left;
  for (size_t i = 0; i < used.size(); ++i)
    if (!used[i]) left.add(checkpoint.tensors[i].name);
  if (left.count() == 0) return;
  diagnostics
      .report(codes::L7031, fmt::format("the architecture has no use for {} of the checkpoint: {}",
                                       counted(left.count(), "tensor"), left.text()))
      .with("count", static_cast<int64_t>(left.count()))
      .with("tensors", left.first());
}

}  // namespace lcr::elaboration
