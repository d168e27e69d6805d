#include "planner/allocate/wanted_scores.h"

#include <fmt/format.h>
#include <xxhash.h>

#include "compiler/diagnostics/codes/planning.h"

namespace lcr {
namespace {

uint64_t hash_of(const std::string& text) { return XXH3_64bits(text.data(), text.size()); }

std::string words_of(const Calibration& calibration) {
  std::string text = fmt::format("{} {} {} {} {}\n", calibration.length, calibration.pick, calibration.seed, calibration.fit,
                                 calibration.route.value_or(""));
  for (const DataSource& source : calibration.data)
    text += fmt::format("{} {} {} {}\n", static_cast<int>(source.kind), source.field, source.mask, source.samples);
  return text;
}

std::string words_of(const ModelGraph& graph, const AutoGroup& group) {
  std::string text;
  for (uint32_t m : group.modules) text += fmt::format("{} ", graph.modules[m].path);
  for (const Candidate& one : group.candidates)
    text += fmt::format("\n{} {}", one.precision ? to_string(*one.precision) : "keep",
                        one.stack ? to_string(*one.stack, /*with_defaults=*/true) : "");
  return text + "\n";
}

}  // namespace

Scores wanted_scores(const Recipe& recipe, const ModelGraph& graph, const std::vector<AutoGroup>& groups,
                     const std::vector<Origin>& origins) {
  Scores wanted;
  wanted.measure = recipe.budget->score;
  wanted.samples = recipe.budget->samples;
  const bool reads_data = wanted.measure != "error";
  std::string request = fmt::format("{} {}\n", wanted.measure, wanted.samples), data;
  if (reads_data && recipe.calibration) request += words_of(*recipe.calibration);
  for (const TransformStatement& transform : recipe.transforms) request += to_string(transform.algorithm, true) + "\n";
  for (const AutoGroup& group : groups) {
    request += words_of(graph, group);
    wanted.groups.push_back({group.name, std::vector<double>(group.candidates.size())});
  }
  for (const Origin& origin : origins) {
    if (origin.kind == "model") wanted.model = origin.hash;
    if (origin.kind == "architecture") request += fmt::format("{:016x}\n", origin.hash);
    if (origin.kind == "data" && reads_data) data += fmt::format("{:016x}\n", origin.hash);
  }
  wanted.request = hash_of(request);
  if (!data.empty()) wanted.data = hash_of(data);
  return wanted;
}

bool are_wanted(const Scores& scores, const Scores& wanted, Span budget, Diagnostics& diagnostics) {
  std::vector<std::string> changes;
  if (scores.measure != wanted.measure)
    changes.push_back(fmt::format("the scores are by `{}`, the budget asks for `{}`", scores.measure, wanted.measure));
  else if (scores.request != wanted.request)
    changes.push_back("the recipe's candidates, groups, transforms or calibration have changed");
  if (scores.model != wanted.model) changes.push_back("the checkpoint has changed, or is another one");
  if (scores.data != wanted.data && wanted.data != 0) changes.push_back("the calibration data have changed");
  bool same = scores.groups.size() == wanted.groups.size();
  for (size_t g = 0; same && g < scores.groups.size(); ++g)
    same = scores.groups[g].of_candidates.size() == wanted.groups[g].of_candidates.size();
  if (changes.empty() && !same) changes.push_back("the scores are of other groups of modules");
  if (changes.empty()) return true;
  Diagnostic& diagnostic = diagnostics.report(codes::L5017, budget, "the scores are stale");
  for (const std::string& change : changes) diagnostic.note(change);
  diagnostic.help("measure them again with `lcr score`").with("changes", changes);
  return false;
}

}  // namespace lcr
