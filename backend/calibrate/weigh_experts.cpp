#include "backend/calibrate/weigh_experts.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>

#include "backend/algorithms/reap.h"
#include "compiler/diagnostics/check.h"
#include "compiler/facts/facts.h"

namespace lcr {
namespace {

// Its name among the instances of the store.
const std::string file = "experts";

std::string entry_of(const ExpertPlace& place) { return fmt::format("kept.{}", place.node); }

class Weigher {
 public:
  Weigher(const Plan& plan, const ModelGraph& graph, ModelState& model, const ExpertChoices& choices, const TellEvent& tell,
          SolvedStore& store, const std::atomic<bool>& stop, Diagnostics& diagnostics)
      : plan_(plan), graph_(graph), model_(model), choices_(choices), tell_(tell), store_(store), stop_(stop),
        diagnostics_(diagnostics), key_(expert_pruning(plan)) {}

  std::optional<KeptExperts> run() {
    for (uint32_t call : model_.layers()) {
      model_.run_before(call);
      if (!layer(call) || stop_) return std::nullopt;
    }
    // Texts reach all of the decoder's experts.
    for (const auto& [place, choice] : choices_) LCR_CHECK(kept_.contains(place), "experts that no text reaches");
    if (!writer_.write(store_, file, diagnostics_)) return std::nullopt;
    return std::move(kept_);
  }

 private:
  bool layer(uint32_t call) {
    const uint32_t instance = instance_of(graph_, call);
    const Liveness& live = model_.liveness_of(call);
    LayerRun run(graph_, model_.runner(), instance, live, model_.enter(call), pass_options(plan_, model_));
    StatisticsByInput statistics;
    std::vector<LookedAt> places;
    for (const auto& [place, choice] : choices_) {
      if (place.instance != instance) continue;
      const Template& expert = expert_of(place);
      places.push_back({expert.outputs[0], place.node});
      for (int64_t e = 0; e < choice.experts; ++e) statistics[key_of(place, e)].wants_saliency = true;
    }
    if (!run.gather(model_.tiles(), statistics, places, {}, stop_)) return false;
    for (const auto& [place, choice] : choices_)
      if (place.instance == instance) choose(place, choice, statistics);
    if (!run.finish(model_.tiles(), stop_)) return false;
    model_.leave(call);
    model_.forget_layer(instance);
    return true;
  }

  const Template& expert_of(const ExpertPlace& place) const {
    return graph_.templates[graph_.templates[graph_.instances[place.instance].id].nodes[place.node].callee];
  }
  InputKey key_of(const ExpertPlace& place, int64_t expert) const {
    const TemplateId callee = graph_.templates[graph_.instances[place.instance].id].nodes[place.node].callee;
    return {callee, behind_casts(graph_.templates[callee], graph_.templates[callee].outputs[0]), static_cast<int32_t>(expert)};
  }

  void choose(const ExpertPlace& place, const ExpertChoice& choice, StatisticsByInput& statistics) {
    at::Tensor saliency = at::zeros({choice.experts}, at::kDouble);
    for (int64_t e = 0; e < choice.experts; ++e) saliency.data_ptr<double>()[e] = statistics.at(key_of(place, e)).mean_saliency();
    const std::vector<int64_t> dropped = experts_to_drop(saliency, plan_.prunings.at(key_).share, choice.groups);
    std::vector<int64_t>& kept = kept_[place];
    for (int64_t e = 0; e < choice.experts; ++e)
      if (!std::binary_search(dropped.begin(), dropped.end(), e)) kept.push_back(e);
    LCR_CHECK(static_cast<int64_t>(kept.size()) == choice.kept, "another number of experts than planned");
    std::vector<std::byte> bytes(kept.size() * sizeof(int64_t));
    std::memcpy(bytes.data(), kept.data(), bytes.size());
    const std::string& path = graph_.instances[place.instance].path;
    writer_.add_tensor(path, entry_of(place), std::move(bytes));
    tell_("share", fmt::format("{}: {} of {} experts stay", path, choice.kept, choice.experts),
          {{"instance", path}, {"pruning", key_}, {"experts", dropped},
           {"share", static_cast<double>(dropped.size()) / static_cast<double>(choice.experts)}});
  }

  const Plan& plan_;
  const ModelGraph& graph_;
  ModelState& model_;
  const ExpertChoices& choices_;
  const TellEvent& tell_;
  SolvedStore& store_;
  const std::atomic<bool>& stop_;
  Diagnostics& diagnostics_;
  std::string key_;  // of the pruning
  KeptExperts kept_;
  SolvedWriter writer_;
};

}  // namespace

std::optional<KeptExperts> stored_experts(const ModelGraph& graph, const ExpertChoices& choices, SolvedStore& store,
                                          Diagnostics& diagnostics) {
  if (!store.holds(file) || !store.load(file, diagnostics)) return std::nullopt;
  KeptExperts kept;
  for (const auto& [place, choice] : choices) {
    const auto bytes = store.find_tensor(graph.instances[place.instance].path, entry_of(place));
    if (!bytes || bytes->size() != static_cast<size_t>(choice.kept) * sizeof(int64_t)) return std::nullopt;
    kept[place].resize(static_cast<size_t>(choice.kept));
    std::memcpy(kept[place].data(), bytes->data(), bytes->size());
  }
  return kept;
}

std::optional<KeptExperts> weigh_experts(const Plan& plan, const ModelGraph& graph, ModelState& model, const ExpertChoices& choices,
                                         const TellEvent& tell, SolvedStore& store, const std::atomic<bool>& stop,
                                         Diagnostics& diagnostics) {
  return Weigher(plan, graph, model, choices, tell, store, stop, diagnostics).run();
}

}  // namespace lcr
