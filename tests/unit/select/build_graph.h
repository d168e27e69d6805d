#pragma once

#include <deque>
#include <memory>
#include <string>

#include "compiler/model/graph.h"

namespace lcr::test {

// A model graph by hand: names, kinds, roles and shapes, without dataflow or stored tensors.
class GraphBuilder {
 public:
  GraphBuilder() {
    graph.templates.emplace_back();
    graph.instances.emplace_back();
  }

  uint32_t add(std::string path, ModuleKind kind, Role roles, int64_t out, int64_t in, int32_t layer = -1, int32_t expert = -1) {
    names_->push_back(std::move(path));
    TemplateModule declared;
    declared.path = names_->back();
    declared.kind = kind;
    declared.roles = roles;
    if (in > 0) declared.tensors.push_back({"weight", {out, in}});
    else declared.tensors.push_back({"weight", {out}});
    declared.out = out;
    declared.in = in;
    Module module;
    module.path = names_->back();
    module.kind = kind;
    module.roles = roles;
    module.layer = layer;
    module.expert = expert;
    module.out = out;
    module.in = in;
    module.local = static_cast<uint32_t>(graph.templates[0].modules.size());
    module.first_tensor = static_cast<uint32_t>(graph.tensors.size());
    module.tensor_count = 1;
    graph.templates[0].modules.push_back(std::move(declared));
    graph.tensors.emplace_back();
    graph.modules.push_back(module);
    graph.storage = names_;
    return static_cast<uint32_t>(graph.modules.size() - 1);
  }

  void point(std::string path, AttentionPoint::Kind kind, int32_t layer) {
    names_->push_back(std::move(path));
    AttentionPoint made;
    made.path = names_->back();
    made.kind = kind;
    made.roles = Role::Decoder | Role::Attention;
    made.layer = layer;
    graph.points.push_back(made);
  }

  void fuse(std::string_view name, std::vector<uint32_t> members) {
    names_->push_back(std::string(name));
    graph.fused.push_back({names_->back(), std::move(members)});
  }

  ModelGraph graph;

 private:
  std::shared_ptr<std::deque<std::string>> names_ = std::make_shared<std::deque<std::string>>();
};

// A dense decoder, or a mixture of `experts` in every layer but the first.
inline ModelGraph decoder(int layers, int experts = 0, int64_t hidden = 256, int64_t inner = 512) {
  GraphBuilder b;
  const Role decoder_attention = Role::Decoder | Role::Attention;
  b.graph.layers = layers;
  b.graph.architecture = "decoder";
  b.add("model.embed_tokens", ModuleKind::Embedding, Role::Embedding, 1000, hidden);
  for (int i = 0; i < layers; ++i) {
    const std::string at = "model.layers." + std::to_string(i) + ".";
    b.add(at + "input_layernorm", ModuleKind::Norm, Role::Decoder, hidden, 0, i);
    std::vector<uint32_t> qkv;
    for (const char* name : {"q_proj", "k_proj", "v_proj"})
      qkv.push_back(b.add(at + "self_attn." + name, ModuleKind::Linear, decoder_attention, name[0] == 'q' ? hidden : hidden / 2, hidden, i));
    b.fuse("qkv_proj", qkv);
    b.add(at + "self_attn.o_proj", ModuleKind::Linear, decoder_attention, hidden, hidden, i);
    b.point(at + "self_attn.keys", AttentionPoint::Kind::Keys, i);
    b.point(at + "self_attn.values", AttentionPoint::Kind::Values, i);
    const bool sparse = experts > 0 && i > 0;
    if (sparse) b.add(at + "mlp.gate", ModuleKind::Linear, Role::Decoder | Role::Router, experts, hidden, i);
    for (int e = 0; e < (sparse ? experts : 1); ++e) {
      const std::string mlp = at + "mlp." + (sparse ? "experts." + std::to_string(e) + "." : std::string());
      const Role roles = Role::Decoder | Role::Mlp | (sparse ? Role::Expert : Role::None);
      const int32_t expert = sparse ? e : -1;
      const uint32_t gate = b.add(mlp + "gate_proj", ModuleKind::Linear, roles, inner, hidden, i, expert);
      const uint32_t up = b.add(mlp + "up_proj", ModuleKind::Linear, roles, inner, hidden, i, expert);
      b.add(mlp + "down_proj", ModuleKind::Linear, roles, hidden, inner, i, expert);
      b.fuse("gate_up_proj", {gate, up});
    }
  }
  b.add("model.norm", ModuleKind::Norm, Role::None, hidden, 0);
  b.add("lm_head", ModuleKind::Linear, Role::Head, 1000, hidden);
  return b.graph;
}

}  // namespace lcr::test
