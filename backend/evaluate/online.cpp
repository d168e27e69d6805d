#include "backend/evaluate/online.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "backend/algorithms/hadamard.h"
#include "compiler/check/config_target.h"
#include "compiler/diagnostics/codes/evaluate.h"
#include "compiler/model/source_transforms.h"

namespace lcr {
namespace {

// One group of the configuration, with a matrix for each size that is asked for.
class Group {
 public:
  Group(const RunnableModel& model, const SourceTransform& transform, Diagnostics& diagnostics)
      : transform_(transform), diagnostics_(diagnostics) {
    if (transform.type == "hadamard") return;
    for (const StoredTensor& stored : model.checkpoint.tensors) {
      if (!is_transform_matrix(stored.name, transform) || stored.shape.size() != 2) continue;
      const int64_t n = stored.shape[0];
      if (stored.shape[1] == n && n > 0) stored_.try_emplace(n, model.weights->stored(stored.name));
    }
  }

  // Of values so wide; null after a diagnostic.
  std::shared_ptr<const OrthogonalMatrix> matrix(int64_t width, std::string_view module) {
    const int64_t n = transform_.block > 0 ? transform_.block : width;
    if (n < 1 || width % n != 0) return refuse(fmt::format("its blocks of {} do not divide {} channels of `{}`", n, width, module));
    auto [found, fresh] = made_.try_emplace(n);
    if (fresh) found->second = make(n);
    return found->second;
  }

 private:
  std::shared_ptr<const OrthogonalMatrix> make(int64_t n) {
    if (transform_.permuted) return refuse("its rows are permuted");
    if (transform_.type == "hadamard") {
      if (!std::has_single_bit(static_cast<uint64_t>(n))) return refuse(fmt::format("there is no matrix of type `hadamard` of size {}", n));
      return std::make_shared<OrthogonalMatrix>(hadamard_matrix(n));
    }
    if (transform_.type != "random-hadamard") return refuse(fmt::format("readers do not agree on matrices of type `{}`", transform_.type));
    auto found = stored_.find(n);
    if (found == stored_.end()) return refuse(fmt::format("its matrix of size {} is not stored", n));
    return std::make_shared<OrthogonalMatrix>(OrthogonalMatrix{{}, found->second.to(at::kDouble) / std::sqrt(static_cast<double>(n)), {}});
  }

  std::nullptr_t refuse(const std::string& why) {
    if (!refused_) diagnostics_.report(codes::L8011, fmt::format("the rotation `{}` of transform_config cannot be run: {}", transform_.name, why));
    refused_ = true;
    return nullptr;
  }

  const SourceTransform& transform_;
  Diagnostics& diagnostics_;
  std::map<int64_t, at::Tensor> stored_;  // by size
  std::map<int64_t, std::shared_ptr<const OrthogonalMatrix>> made_;
  bool refused_ = false;
};

// One place of a group, with its targets read.
class Use {
 public:
  explicit Use(const SourceTransform::Use& use) : use_(use) {
    for (const std::string& text : use.targets) targets_.emplace_back(text);
    for (const std::string& text : use.ignore) ignore_.emplace_back(text);
  }
  const std::string& location() const { return use_.location; }
  bool inverse() const { return use_.inverse; }
  const ConfigTarget* unreadable() const {
    for (const auto* list : {&targets_, &ignore_})
      for (const ConfigTarget& target : *list)
        if (!target.readable()) return &target;
    return nullptr;
  }
  bool covers(std::string_view path, std::string_view class_name) const {
    auto matches = [&](const ConfigTarget& target) { return target.matches(path, class_name); };
    return std::any_of(targets_.begin(), targets_.end(), matches) && std::none_of(ignore_.begin(), ignore_.end(), matches);
  }

 private:
  const SourceTransform::Use& use_;
  std::vector<ConfigTarget> targets_, ignore_;
};

class Reader {
 public:
  Reader(const RunnableModel& model, Diagnostics& diagnostics) : graph_(model.graph), diagnostics_(diagnostics) {}

  // False when something was reported.
  bool read(Group& group, const SourceTransform& transform, const SourceTransform::Use& stored) {
    const Use use(stored);
    if (const ConfigTarget* target = use.unreadable()) {
      diagnostics_.report(codes::L8011, fmt::format("`{}` in transform_config is no regular expression", target->text));
      return false;
    }
    const bool linear = use.location() == "input" || use.location() == "output";
    if (linear ? !linears(group, use) : !attentions(group, use)) return false;
    if (found_) return true;
    diagnostics_.report(codes::L8011, fmt::format("the rotation `{}` of transform_config matches no module at `{}`",
                                                  transform.name, use.location()));
    return false;
  }
  OnlineTransforms take() { return std::move(result_); }

 private:
  bool linears(Group& group, const Use& use) {
    found_ = false;
    for (uint32_t m = 0; m < graph_.modules.size(); ++m) {
      const Module& module = graph_.modules[m];
      if (module.kind != ModuleKind::Linear || !use.covers(module.path, "Linear")) continue;
      const bool input = use.location() == "input";
      LinearTransforms& transforms = result_.modules[m];
      if (!put(group, use, input ? transforms.input : transforms.output, input ? module.in : module.out, module.path)) return false;
    }
    return true;
  }

  bool attentions(Group& group, const Use& use) {
    found_ = false;
    for (uint32_t i = 0; i < graph_.instances.size(); ++i) {
      const Template& self = graph_.templates[graph_.instances[i].id];
      for (uint32_t n = 0; n < self.nodes.size(); ++n) {
        const Node& node = self.nodes[n];
        if (node.op != Op::Attend || node.unused) continue;
        const std::string& path = graph_.instances[i].path;
        const std::string name = path.empty() || node.attention.empty() ? path + node.attention : path + "." + node.attention;
        if (!use.covers(name, "")) continue;
        const bool queries = use.location() == "q_attn";
        AttentionTransforms& transforms = result_.attentions[{i, n}];
        const int64_t width = self.values[node.inputs[queries ? 0 : 1]].dims.back();
        if (!put(group, use, queries ? transforms.queries : transforms.keys, width, name)) return false;
      }
    }
    return true;
  }

  bool put(Group& group, const Use& use, OnlineTransform& place, int64_t width, std::string_view path) {
    found_ = true;
    if (place) {
      diagnostics_.report(codes::L8011, fmt::format("transform_config rotates `{}` twice at `{}`", path, use.location()));
      return false;
    }
    place = {group.matrix(width, path), use.inverse()};
    return place.rotation != nullptr;
  }

  const ModelGraph& graph_;
  Diagnostics& diagnostics_;
  OnlineTransforms result_;
  bool found_ = false;
};

}  // namespace

OnlineTransforms read_online(const RunnableModel& model, Diagnostics& diagnostics) {
  const std::optional<Json> config = parse_json(model.checkpoint.config_text);
  if (!config) return {};
  Reader reader(model, diagnostics);
  for (const SourceTransform& transform : source_transforms(*config)) {
    Group group(model, transform, diagnostics);
    for (const SourceTransform::Use& use : transform.uses) {
      const bool known = use.location == "input" || use.location == "output" || use.location == "q_attn" || use.location == "k_cache";
      if (!use.at_run_time()) continue;
      if (!known) {
        diagnostics.report(codes::L8011, fmt::format("the rotation `{}` of transform_config stands at `{}`, which is no place", transform.name, use.location));
        return {};
      }
      if (!reader.read(group, transform, use)) return {};
    }
  }
  return reader.take();
}

}  // namespace lcr
