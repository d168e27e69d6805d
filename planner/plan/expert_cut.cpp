#include "planner/plan/expert_cut.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/codes/planning.h"
#include "compiler/model/tensor_lookup.h"

namespace lcr {
namespace {

std::nullopt_t refuse(Diagnostics& diagnostics, std::string what, const char* help) {
  diagnostics.report(codes::L5015, std::move(what)).help(help);
  return std::nullopt;
}

// Follows a routing value back to the modules whose rows are experts. False when something else stands in between.
bool trace_rows(const Template& self, ValueId value, int64_t experts, ExpertChoice& choice) {
  if (self.values[value].node == none_id) return false;
  const Node& node = self.nodes[self.values[value].node];
  switch (node.op) {
    case Op::Linear:
    case Op::Parameter:
      if (node.outputs.size() != 1 || elements_of(self.values[node.outputs[0]].dims) != experts) return false;
      if (std::find(choice.modules.begin(), choice.modules.end(), node.module) == choice.modules.end())
        choice.modules.push_back(node.module);
      return true;
    case Op::TopK: choice.groups = std::max(choice.groups, node.attributes.groups); break;
    case Op::Activate:
    case Op::Add:
    case Op::Subtract:
    case Op::Multiply:
    case Op::Divide:
    case Op::Softcap:
    case Op::Clamp:
    case Op::Normalize:
    case Op::Softmax:
    case Op::Log1p:
    case Op::Negate:
    case Op::F32:
    case Op::Native: break;
    default: return false;
  }
  return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) { return trace_rows(self, input, experts, choice); });
}

// Experts that a token goes to, and groups that it may choose from.
const Attributes* top_k_of(const Template& self, ValueId value) {
  while (self.values[value].node != none_id) {
    const Node& node = self.nodes[self.values[value].node];
    if (node.op == Op::TopK) return &node.attributes;
    if (node.inputs.empty()) break;
    value = node.inputs[0];
  }
  return nullptr;
}

std::optional<ExpertChoice> choice_of(const Template& self, const Node& dispatch, double share, Diagnostics& diagnostics) {
  ExpertChoice choice;
  choice.experts = dispatch.attributes.experts;
  const Attributes* top = top_k_of(self, dispatch.inputs[1]);
  if (top == nullptr || !trace_rows(self, dispatch.inputs[1], choice.experts, choice))
    return refuse(diagnostics, fmt::format("the router of `{}` cannot be cut: more than its rows depends on the experts", dispatch.path),
                  "prune the experts' weights instead, for example `with wanda`");
  // Shares come from decimal percentages: 29 % of 100 is 29.
  const auto dropped = int64_t(share * double(choice.experts) + 1e-6);
  const int64_t each = std::llround(double(dropped) / double(choice.groups));
  choice.kept = choice.experts - each * choice.groups;
  const int64_t reachable = choice.groups > 1 ? choice.kept / choice.groups * top->among : choice.kept;
  if (each == 0)
    return refuse(diagnostics, fmt::format("{:g} % of the {} experts of `{}` is none", 100 * share, choice.experts, dispatch.path),
                  "remove a larger share");
  if (reachable < top->k)
    return refuse(diagnostics, fmt::format("`{}` would keep {} of {} experts, and a token goes to {}{}", dispatch.path, choice.kept,
                                           choice.experts, top->k, choice.groups > 1 ? " of the groups that it may choose from" : ""),
                  "remove a smaller share");
  return choice;
}

class Cutter {
 public:
  Cutter(const Checkpoint& checkpoint, const ModelGraph& graph, const KeptExperts* kept, Diagnostics& diagnostics)
      : checkpoint_(checkpoint), graph_(graph), kept_(kept), diagnostics_(diagnostics), viewers_(checkpoint.tensors.size(), 0),
        taken_(checkpoint.tensors.size(), none_id), rows_(checkpoint.tensors.size()), dropped_(checkpoint.tensors.size(), false) {
    for (const TensorView& view : graph.tensors)
      for (uint32_t source : view.sources) ++viewers_[source];
    for (uint32_t m = 0; m < graph.modules.size(); ++m) {
      const Module& module = graph.modules[m];
      modules_[{module.instance, module.owner, module.local, module.expert}] = m;
    }
  }

  bool place(const ExpertPlace& place, const ExpertChoice& choice) {
    const Template& self = graph_.templates[graph_.instances[place.instance].id];
    const TemplateId callee = self.nodes[place.node].callee;
    std::vector<int64_t> kept;
    for (int64_t e = 0; e < choice.kept; ++e) kept.push_back(kept_ != nullptr ? kept_->at(place)[size_t(e)] : e);
    for (uint32_t local = 0; local < graph_.templates[callee].modules.size(); ++local)
      for (int64_t e = 0; e < choice.experts; ++e) {
        const Module& target = module(place.instance, callee, local, e);
        if (e >= choice.kept ? !drop(target) : !take(target, module(place.instance, callee, local, kept[size_t(e)]))) return false;
      }
    for (uint32_t local : choice.modules) {
      const Module& router = module(place.instance, graph_.instances[place.instance].id, local, -1);
      for (uint32_t t = 0; t < router.tensor_count; ++t) {
        const TensorView& view = graph_.tensors[router.first_tensor + t];
        if (!view.present()) continue;
        if (!plain(view)) return shared(router);
        rows_[view.sources[0]] = {place, choice.kept};
      }
    }
    return true;
  }

  CutModel cut() const {
    CutModel result;
    result.checkpoint = checkpoint_;
    auto& tensors = result.checkpoint.tensors;
    tensors.clear();
    for (uint32_t s = 0; s < checkpoint_.tensors.size(); ++s) {
      if (dropped_[s]) continue;
      StoredTensor tensor = checkpoint_.tensors[taken_[s] == none_id ? s : taken_[s]];
      tensor.name = checkpoint_.tensors[s].name;
      if (rows_[s].second > 0) {
        result.rows.push_back({s, uint32_t(tensors.size()), rows_[s].first});
        tensor.end = tensor.begin + tensor.bytes() / uint64_t(tensor.shape[0]) * uint64_t(rows_[s].second);
        tensor.shape[0] = rows_[s].second;
      }
      tensors.push_back(std::move(tensor));
    }
    auto lookup = std::make_shared<TensorLookup>(tensors.size());
    for (uint32_t t = 0; t < tensors.size(); ++t) lookup->insert(tensors, t, TensorLookup::hash(tensors[t].name));
    result.checkpoint.index = std::move(lookup);
    return result;
  }

 private:
  const Module& module(uint32_t instance, TemplateId owner, uint32_t local, int64_t expert) const {
    return graph_.modules[modules_.at({instance, owner, local, int32_t(expert)})];
  }
  bool plain(const TensorView& view) const {
    return view.sources.size() == 1 && view.steps.empty() && view.codec == TensorView::Codec::None && viewers_[view.sources[0]] == 1;
  }
  bool shared(const Module& module) {
    refuse(diagnostics_, fmt::format("`{}` cannot be cut out of what the source stores", module.path),
           "prune the experts' weights instead, for example `with wanda`");
    return false;
  }
  // Whether tensors of the expert's module are its own; visits each.
  template <class Visit>
  bool own(const Module& module, Visit visit) {
    for (uint32_t t = 0; t < module.tensor_count; ++t) {
      const TensorView& view = graph_.tensors[module.first_tensor + t];
      for (size_t s = 0; s < view.sources.size(); ++s) {
        if (!view.steps.empty() || viewers_[view.sources[s]] != 1) return shared(module);
        visit(t, s, view.sources[s]);
      }
    }
    return true;
  }
  bool drop(const Module& module) {
    return own(module, [&](uint32_t, size_t, uint32_t source) { dropped_[source] = true; });
  }
  // The target's tensors become the source's, which stores the same.
  bool take(const Module& target, const Module& source) {
    bool same = true;
    const bool fine = own(target, [&](uint32_t t, size_t s, uint32_t tensor) {
      const TensorView& from = graph_.tensors[source.first_tensor + t];
      same = same && s < from.sources.size() && checkpoint_.tensors[from.sources[s]].dtype == checkpoint_.tensors[tensor].dtype &&
             checkpoint_.tensors[from.sources[s]].shape == checkpoint_.tensors[tensor].shape;
      if (same) taken_[tensor] = from.sources[s];
    });
    return fine && (same || shared(source));
  }

  const Checkpoint& checkpoint_;
  const ModelGraph& graph_;
  const KeptExperts* kept_;
  Diagnostics& diagnostics_;
  std::vector<uint32_t> viewers_, taken_;                       // by stored tensor
  std::vector<std::pair<ExpertPlace, int64_t>> rows_;           // kept rows; 0: all
  std::vector<bool> dropped_;
  std::map<std::tuple<uint32_t, TemplateId, uint32_t, int32_t>, uint32_t> modules_;
};

bool has_counts(const ModelGraph& graph, int64_t experts) {
  return !graph.expert_counts.empty() &&
         std::all_of(graph.expert_counts.begin(), graph.expert_counts.end(), [&](const auto& one) { return one.second == experts; });
}

// Sets the key of config.json that counts the experts: the one after whose change the description finds exactly the
// tensors that are left. Which key that is only the description knows.
bool count_anew(nlohmann::ordered_json& all, nlohmann::ordered_json& object, int64_t before, int64_t after, CutModel& model,
                const ElaborateOptions& options) {
  for (auto& [key, value] : object.items()) {
    if (value.is_object() && count_anew(all, value, before, after, model, options)) return true;
    if (!value.is_number_integer() || value.get<int64_t>() != before) continue;
    value = after;
    model.checkpoint.config_text = all.dump(2) + "\n";
    Sources texts;
    Diagnostics tried;
    auto graph = elaborate(texts, model.checkpoint, options, tried);
    if (graph && has_counts(*graph, after)) {
      model.graph = std::move(*graph);
      return true;
    }
    value = before;
  }
  return false;
}

}  // namespace

std::string expert_pruning(const Plan& plan) {
  for (const auto& [key, pruning] : plan.prunings)
    if (removes_experts(pruning.algorithm)) return key;
  return {};
}

std::optional<std::map<ExpertPlace, ExpertChoice>> expert_choices(const ModelGraph& graph, double share, Diagnostics& diagnostics) {
  std::map<ExpertPlace, ExpertChoice> choices;
  for (uint32_t i = 0; i < graph.instances.size(); ++i) {
    const Template& self = graph.templates[graph.instances[i].id];
    for (uint32_t n = 0; n < self.nodes.size(); ++n) {
      if (self.nodes[n].op != Op::Dispatch) continue;
      auto choice = choice_of(self, self.nodes[n], share, diagnostics);
      if (!choice) return std::nullopt;
      if (!choices.empty() && choices.begin()->second.experts != choice->experts)
        return refuse(diagnostics, "layers have different numbers of experts, and readers know one for all", "keep all experts");
      choices.emplace(ExpertPlace{i, n}, std::move(*choice));
    }
  }
  return choices;
}

std::optional<CutModel> cut_experts(const Checkpoint& checkpoint, const ModelGraph& graph, double share, const KeptExperts* kept,
                                    const ElaborateOptions& options, Diagnostics& diagnostics) {
  const auto choices = expert_choices(graph, share, diagnostics);
  if (!choices || choices->empty()) return std::nullopt;
  for (const Passed& passed : graph.passed)
    if (!passed.drop && has(passed.role, Role::Mtp))
      return refuse(diagnostics, "layers that are only copied would keep all of their experts", "keep all experts");
  Cutter cutter(checkpoint, graph, kept, diagnostics);
  for (const auto& [place, choice] : *choices)
    if (!cutter.place(place, choice)) return std::nullopt;
  CutModel model = cutter.cut();
  auto config = nlohmann::ordered_json::parse(checkpoint.config_text, nullptr, false);
  const ExpertChoice& any = choices->begin()->second;
  if (config.is_discarded() || !count_anew(config, config, any.experts, any.kept, model, options))
    return refuse(diagnostics, fmt::format("no key of config.json counts the {} experts", any.experts),
                  "say the number in config.json under the key that the architecture reads");
  return model;
}

}  // namespace lcr
