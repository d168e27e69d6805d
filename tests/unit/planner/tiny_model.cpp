#include "tests/unit/planner/tiny_model.h"

#include <deque>
#include <stdexcept>

#include <fmt/format.h>

#include "compiler/model/tensor_lookup.h"

namespace lcr::test {
namespace {

class Maker {
 public:
  explicit Maker(const TinyOptions& options) : options_(options), names_(std::make_shared<std::deque<std::string>>()) {}

  TinyModel make() {
    model_.graph.architecture = "tiny";
    model_.graph.layers = options_.layers;
    model_.graph.templates.resize(options_.experts > 0 ? 3 : 2);
    model_.graph.templates[0].name = "model";
    model_.graph.templates[1].name = "layer";
    model_.graph.instances.push_back({});
    root("model.embed_tokens", ModuleKind::Embedding, Role::Embedding, {options_.vocab, options_.hidden});
    for (int64_t i = 0; i < options_.layers; ++i) layer(i);
    root("model.norm", ModuleKind::Norm, Role::None, {options_.hidden});
    head();
    for (int64_t i = 0; i < options_.copied; ++i) {
      const std::string path = fmt::format("mtp.layers.{}", i);
      TensorView view;
      view.sources = {store(path + ".weight", Dtype::BF16, {options_.hidden})};
      model_.graph.passed.push_back({view.sources[0], false, Role::Mtp, uint32_t(model_.graph.modules.size())});
      add(0, declare(0, path, ModuleKind::Opaque, {options_.hidden}, false), path, Role::Mtp, 0, {view});
    }
    finish();
    return std::move(model_);
  }

 private:
  std::string_view keep(std::string name) { return names_->emplace_back(std::move(name)); }

  uint32_t store(const std::string& name, Dtype dtype, Dims shape) {
    StoredTensor tensor{keep(name), dtype, std::move(shape)};
    tensor.end = uint64_t(elements_of(tensor.shape) * size_of(dtype));
    model_.checkpoint.tensors.push_back(std::move(tensor));
    return uint32_t(model_.checkpoint.tensors.size() - 1);
  }

  uint32_t declare(TemplateId owner, const std::string& path, ModuleKind kind, const Dims& shape, bool bias) {
    auto& modules = model_.graph.templates[owner].modules;
    for (uint32_t i = 0; i < modules.size(); ++i)
      if (modules[i].path == path) return i;
    TemplateModule module{path, kind};
    module.tensors.push_back({"weight", shape});
    if (bias) module.tensors.push_back({"bias", {shape[0]}});
    modules.push_back(std::move(module));
    return uint32_t(modules.size() - 1);
  }

  Module& add(TemplateId owner, uint32_t local, std::string path, Role roles, uint32_t instance,
              std::vector<TensorView> views) {
    const TemplateModule& declared = model_.graph.templates[owner].modules[local];
    Module module;
    module.path = keep(std::move(path));
    module.kind = declared.kind, module.roles = roles, module.owner = owner, module.local = local,
    module.instance = instance;
    module.first_tensor = uint32_t(model_.graph.tensors.size());
    module.tensor_count = uint32_t(views.size());
    const Dims& shape = declared.tensors[0].shape;
    if (shape.size() == 2) module.out = shape[0], module.in = shape[1];
    for (TensorView& view : views) model_.graph.tensors.push_back(std::move(view));
    model_.graph.modules.push_back(module);
    return model_.graph.modules.back();
  }

  void root(const std::string& path, ModuleKind kind, Role roles, const Dims& shape) {
    const uint32_t local = declare(0, path, kind, shape, false);
    model_.graph.templates[0].nodes.push_back({});
    model_.graph.templates[0].nodes.back().module = local;
    add(0, local, path, roles, 0, {{{store(path + ".weight", Dtype::BF16, shape)}}});
  }

  void head() {
    if (!options_.tied) return root("lm_head", ModuleKind::Linear, Role::Head, {options_.vocab, options_.hidden});
    const uint32_t local = declare(0, "lm_head", ModuleKind::Linear, {options_.vocab, options_.hidden}, false);
    model_.graph.templates[0].nodes.push_back({});
    model_.graph.templates[0].nodes.back().module = local;
    add(0, local, "lm_head", Role::Head, 0, {{}}).tied_to = 0;
    model_.graph.ties.push_back({uint32_t(model_.graph.modules.size() - 1), 0, false});
  }

  TensorView weight(const std::string& path, const Dims& shape) {
    if (!options_.fp8 || shape.size() < 2) return {{store(path + ".weight", Dtype::BF16, shape)}};
    TensorView view{{store(path + ".weight", Dtype::F8E4M3, shape)}, TensorView::Codec::Fp8Block};
    view.sources.push_back(
        store(path + ".weight_scale_inv", Dtype::F32, {(shape[0] + 127) / 128, (shape[1] + 127) / 128}));
    return view;
  }

  uint32_t linear(const std::string& prefix, const std::string& path, const Dims& shape, bool bias = false) {
    const uint32_t local = declare(1, path, ModuleKind::Linear, shape, bias);
    std::vector<TensorView> views{weight(prefix + "." + path, shape)};
    if (bias) views.push_back({{store(prefix + "." + path + ".bias", Dtype::BF16, {shape[0]})}});
    add(1, local, prefix + "." + path, Role::Decoder, instance_, std::move(views));
    return uint32_t(model_.graph.modules.size() - 1);
  }

  void norm(const std::string& prefix, const std::string& path) {
    const uint32_t local = declare(1, path, ModuleKind::Norm, {options_.hidden}, false);
    add(1, local, prefix + "." + path, Role::Decoder, instance_,
        {{{store(prefix + "." + path + ".weight", Dtype::BF16, {options_.hidden})}}});
  }

  void layer(int64_t index) {
    const std::string prefix = fmt::format("model.layers.{}", index);
    const int64_t hidden = options_.hidden, inner = options_.inner;
    Instance instance{1, prefix, index};
    instance.node = uint32_t(model_.graph.templates[0].nodes.size());
    model_.graph.templates[0].nodes.push_back({});
    instance_ = uint32_t(model_.graph.instances.size());
    model_.graph.instances.push_back(instance);
    norm(prefix, "input_layernorm");
    const uint32_t q = linear(prefix, "self_attn.q_proj", {hidden, hidden}, options_.biased);
    const uint32_t k = linear(prefix, "self_attn.k_proj", {hidden / 2, hidden});
    const uint32_t v = linear(prefix, "self_attn.v_proj", {hidden / 2, hidden});
    model_.graph.fused.push_back({"qkv_proj", {q, k, v}});
    linear(prefix, "self_attn.o_proj", {hidden, hidden});
    norm(prefix, "post_attention_layernorm");
    if (options_.experts > 0) return experts(prefix);
    const uint32_t gate = linear(prefix, "mlp.gate_proj", {inner, hidden});
    const uint32_t up = linear(prefix, "mlp.up_proj", {inner, hidden});
    model_.graph.fused.push_back({"gate_up_proj", {gate, up}});
    linear(prefix, "mlp.down_proj", {hidden, inner});
  }

  void experts(const std::string& prefix) {
    const int64_t hidden = options_.hidden, inner = options_.inner;
    linear(prefix, "mlp.gate", {options_.experts, hidden});
    model_.graph.templates[2].name = "expert", model_.graph.templates[2].expert = true;
    uint32_t stacks[2] = {};
    if (options_.stacked) {
      stacks[0] = store(prefix + ".mlp.experts.gate_up_proj", Dtype::BF16, {options_.experts, 2 * inner, hidden});
      stacks[1] = store(prefix + ".mlp.experts.down_proj", Dtype::BF16, {options_.experts, hidden, inner});
    }
    for (int64_t e = 0; e < options_.experts; ++e) {
      std::vector<uint32_t> merged;
      for (const auto& [name, from, row] :
           {std::tuple("gate_proj", 0, int64_t{0}), {"up_proj", 0, inner}, {"down_proj", 1, int64_t{0}}}) {
        const Dims shape = from == 0 ? Dims{inner, hidden} : Dims{hidden, inner};
        const std::string path = fmt::format("{}.mlp.experts.{}.{}", prefix, e, name);
        TensorView view;
        if (options_.stacked) {
          view.sources = {stacks[from]};
          view.steps.push_back({false, {{e, -1, 1, false}, {row, row + shape[0], 1, false}}});
        } else {
          view = weight(path, shape);
        }
        const uint32_t local = declare(2, name, ModuleKind::Linear, shape, false);
        add(2, local, path, Role::Expert | Role::Decoder, instance_, {view}).expert = int32_t(e);
        if (from == 0) merged.push_back(uint32_t(model_.graph.modules.size() - 1));
      }
      model_.graph.fused.push_back({"gate_up_proj", merged});
    }
  }

  void finish() {
    Checkpoint& checkpoint = model_.checkpoint;
    auto lookup = std::make_shared<TensorLookup>(checkpoint.tensors.size());
    const size_t each = (checkpoint.tensors.size() + size_t(options_.shards) - 1) / size_t(options_.shards);
    for (int i = 0; i < options_.shards; ++i)
      checkpoint.shards.push_back({fmt::format("model-{}.safetensors", i), 0, 0});
    for (uint32_t i = 0; i < checkpoint.tensors.size(); ++i) {
      checkpoint.tensors[i].shard = uint32_t(i / each);
      lookup->insert(checkpoint.tensors, i, TensorLookup::hash(checkpoint.tensors[i].name));
    }
    checkpoint.index = lookup;
    checkpoint.storage = names_;
    checkpoint.path = "tiny";
    model_.graph.storage = names_;
  }

  TinyOptions options_;
  TinyModel model_;
  uint32_t instance_ = 0;
  std::shared_ptr<std::deque<std::string>> names_;
};

}  // namespace

uint32_t TinyModel::module(const std::string& path) const {
  for (uint32_t i = 0; i < graph.modules.size(); ++i)
    if (graph.modules[i].path == path) return i;
  throw std::out_of_range(path);
}

TinyModel tiny_model(const TinyOptions& options) { return Maker(options).make(); }

Assignment kept() { return {}; }

Assignment quantized(Precision precision, const std::string& range) {
  Assignment assignment;
  assignment.kind = Assignment::Kind::Quantize;
  assignment.precision = std::move(precision);
  Stack stack;
  stack.solver.name = "rtn";
  stack.solver.parameters["range"] = Observer{range};
  assignment.stack = std::move(stack);
  return assignment;
}

Precision w4a16(int64_t group) {
  Precision precision{"W4A16"};
  precision.weights = Format{Element::Int, 4, Per::Group, group};
  return precision;
}

Precision nvfp4() {
  Precision precision{"NVFP4A16"};
  precision.weights = Format{Element::Fp4, 4, Per::Group, 16};
  precision.weights->scale = ScaleType::E4M3;
  precision.weights->global = true;
  return precision;
}

Precision fp8(Per per) {
  Precision precision{"FP8"};
  precision.weights = Format{Element::Fp8, 8, per};
  if (per == Per::Block) precision.weights->block_rows = precision.weights->block_columns = 128;
  precision.input = Format{Element::Fp8, 8, Per::Token};
  precision.input->dynamic = true;
  return precision;
}

TinyRecipe tiny_recipe(const TinyModel& model, std::vector<Assignment> assignments,
                       const std::function<uint32_t(const Module&)>& choose) {
  TinyRecipe made;
  made.recipe.name = "tiny";
  Export exported;
  exported.dir = "out";
  made.recipe.exports.push_back(exported);
  made.typed.assignments = std::move(assignments);
  for (const Module& module : model.graph.modules) made.typed.of_module.push_back(choose(module));
  made.typed.of_point.resize(model.graph.points.size());
  made.typed.untied.resize(model.graph.ties.size());
  return made;
}

TinyRecipe linears_as(const TinyModel& model, Precision precision) {
  return tiny_recipe(model, {kept(), quantized(std::move(precision))}, [](const Module& module) {
    const bool router = module.path.ends_with("mlp.gate");
    return module.kind == ModuleKind::Linear && !has(module.roles, Role::Head) && !router ? 1u : 0u;
  });
}

PlanOptions on_a_small_machine() {
  PlanOptions options;
  options.host = {int64_t{8} << 30, 2};
  return options;
}

std::optional<Plan> plan_of(const TinyModel& model, const TinyRecipe& recipe, PlanOptions options,
                            Diagnostics* diagnostics) {
  Diagnostics unread;
  Sources sources;
  return make_plan(recipe.recipe, recipe.typed, model.graph, model.checkpoint, sources, options,
                   diagnostics ? *diagnostics : unread);
}

}  // namespace lcr::test
