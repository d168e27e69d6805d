#include "compiler/check/rotations.h"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "compiler/check/online.h"
#include "compiler/diagnostics/codes/precision.h"
#include "compiler/facts/module_folds.h"
#include "compiler/language/hadamard_sizes.h"

namespace lcr {
namespace {

constexpr size_t most_reasons = 3;

template <class Value>
Value parameter(const Algorithm& algorithm, const char* name, Value otherwise) {
  const auto found = algorithm.parameters.find(name);
  return found == algorithm.parameters.end() ? otherwise : std::get<Value>(found->second);
}

class Resolver {
 public:
  Resolver(const ModelGraph& graph, const Rotations& facts, Selector& selector, Diagnostics& diagnostics)
      : graph_(graph), facts_(facts), selector_(selector), diagnostics_(diagnostics) {}

  void add(const TransformStatement& statement) {
    const Algorithm& algorithm = statement.algorithm;
    std::optional<UnitSet> on;
    if (statement.on) on = selector_.match(*statement.on);
    for (const std::string& space : parameter(algorithm, "rotations", std::vector<std::string>())) {
      if (!spaces_.insert(space).second) {
        report(codes::L4085, statement, fmt::format("`{}` is rotated by two statements", space))
            .help("rotate every space once: one rotation after another is a rotation too");
        continue;
      }
      Rotation rotation;
      rotation.space = space;
      rotation.kind = parameter(algorithm, "kind", std::string());
      rotation.seed = parameter(algorithm, "seed", int64_t{0});
      rotation.steps = parameter(algorithm, "kind.steps", int64_t{0});
      rotation.samples = parameter(algorithm, "kind.samples", int64_t{0});
      rotation.rate = parameter(algorithm, "kind.rate", 0.0);
      const bool good = space == "R1"   ? residual(statement, on, rotation)
                        : space == "R2" ? value_heads(statement, on, rotation)
                                        : at_run_time(statement, on, rotation);
      if (good) rotations_.push_back(std::move(rotation));
    }
    if (parameter(algorithm, "kind", std::string()) == "learned") learned(statement);
  }

  std::optional<std::vector<Rotation>> take() {
    if (failed_) return std::nullopt;
    return std::move(rotations_);
  }

 private:
  Diagnostic& report(Code code, const TransformStatement& statement, std::string message) {
    failed_ = true;
    return diagnostics_.report(code, statement.span, std::move(message));
  }

  // Descent is over what is folded, and over all of it together.
  void learned(const TransformStatement& statement) {
    const auto spaces = parameter(statement.algorithm, "rotations", std::vector<std::string>());
    const bool folded = std::any_of(spaces.begin(), spaces.end(), [](const std::string& one) { return one == "R1" || one == "R2"; });
    if (!folded)
      report(codes::L4093, statement, "nothing is learned: R3 and R4 are Hadamard's matrix").help("write `kind = hadamard`");
    const auto other = std::find_if(rotations_.begin(), rotations_.end(), [&](const Rotation& one) {
      const Rotation& last = rotations_.back();
      return one.kind == "learned" && last.kind == "learned" &&
             std::tie(one.steps, one.samples, one.rate, one.seed) != std::tie(last.steps, last.samples, last.rate, last.seed);
    });
    if (other != rotations_.end())
      report(codes::L4093, statement, fmt::format("`{}` and `{}` are learned together, and their statements differ", other->space,
                                                  rotations_.back().space))
          .help("give both the same `learned(…)` and the same `seed`, or learn them in one statement");
  }

  bool residual(const TransformStatement& statement, const std::optional<UnitSet>& on, Rotation& rotation) {
    std::vector<std::string> reasons = facts_.r1_forbidden;
    // An exported LayerNorm subtracts the mean of what it reads, which a rotation moves.
    for (auto [owner, module] : facts_.centred)
      reasons.push_back(fmt::format("`{}` subtracts the mean, which a rotated stream does not keep",
                                    graph_.templates[owner].modules[module].path));
    if (!facts_.r1_legal || !reasons.empty()) {
      Diagnostic& diagnostic =
          report(codes::L4083, statement, "the residual stream of this model cannot be rotated");
      if (reasons.empty()) diagnostic.note("no embedding writes it");
      for (size_t i = 0; i < std::min(reasons.size(), most_reasons); ++i) diagnostic.note(reasons[i]);
      diagnostic.help("leave R1 out; R2, R3 and R4 do not touch the stream");
      return false;
    }
    return whole_stream(statement, on) && sized(statement, stream_width(graph_, facts_), rotation) &&
           (warn_of_copies(statement), true);
  }

  // One space goes through all layers: a selection may name it, not a part of it.
  bool whole_stream(const TransformStatement& statement, const std::optional<UnitSet>& on) {
    if (!on) return true;
    std::set<std::pair<TemplateId, uint32_t>> sides(facts_.writers.begin(), facts_.writers.end());
    sides.insert(facts_.readers.begin(), facts_.readers.end());
    std::set<uint32_t> layers, named;
    for (uint32_t m = 0; m < graph_.modules.size(); ++m) {
      const Module& module = graph_.modules[m];
      if (module.instance == 0 || !sides.contains({module.owner, module.local})) continue;
      layers.insert(module.instance);
      if (on->contains(m)) named.insert(module.instance);
    }
    if (layers == named) return true;
    const auto missing = std::find_if(layers.begin(), layers.end(), [&](uint32_t one) { return !named.contains(one); });
    report(codes::L4086, statement, "`on` names a part of what reads and writes the residual stream")
        .note(fmt::format("`{}` takes part and is not named", graph_.instances[*missing].path))
        .help("name all of its layers, or leave `on` out");
    return false;
  }

  bool value_heads(const TransformStatement& statement, const std::optional<UnitSet>& on, Rotation& rotation) {
    const bool decoder = !on && std::any_of(facts_.heads.begin(), facts_.heads.end(),
                                            [&](const auto& one) { return graph_.templates[one.owner].decoder; });
    int64_t width = 0;
    for (const Rotations::Heads& heads : facts_.heads) {
      if (decoder && !graph_.templates[heads.owner].decoder) continue;
      bool used = false;
      for (const Module& module : graph_.modules) {
        if (module.owner != heads.owner || module.local != heads.value_module) continue;
        if (on && !on->contains(size_t(&module - graph_.modules.data()))) continue;
        used = true;
        rotation.places.emplace_back(module.path);
      }
      // Values that are no linear layer's rows have no module that `on` could name.
      if (!heads.legal && (used || (!on && heads.value_module == none_id))) return forbid_heads(statement, heads);
      if (!used) continue;
      if (width != 0 && width != heads.width) {
        report(codes::L4084, statement, fmt::format("value heads of {} and of {} channels would share one matrix", width,
                                                    heads.width))
            .help("name the heads of one width with `on`");
        return false;
      }
      width = heads.width;
    }
    if (width == 0) {
      report(codes::L4083, statement, "there are no value heads to rotate").help("leave R2 out, or name others with `on`");
      return false;
    }
    return sized(statement, width, rotation);
  }

  // Nothing is folded, so every dataflow allows it; readers have to be able to.
  bool at_run_time(const TransformStatement& statement, const std::optional<UnitSet>& on, Rotation& rotation) {
    if (rotation.kind == "learned") {
      Rotation plain;
      plain.space = rotation.space;
      plain.kind = "hadamard";
      rotation = std::move(plain);
    }
    std::set<int64_t> widths;
    if (rotation.space == "R4") {
      for (uint32_t m : inner_linears(graph_)) {
        if (on && !on->contains(m)) continue;
        if (has(graph_.modules[m].roles, Role::Expert)) return forbid_experts(statement, graph_.modules[m]);
        widths.insert(graph_.modules[m].in);
        rotation.places.emplace_back(graph_.modules[m].path);
      }
    } else {
      for (const RotatedAttention& attention : decoder_attentions(graph_)) {
        if (on && !names_part_of(*on, attention.block)) continue;
        widths.insert(attention.width);
        rotation.places.push_back(attention.block);
      }
    }
    if (widths.empty()) {
      report(codes::L4083, statement, fmt::format("there is nothing that {} could rotate", rotation.space))
          .help(fmt::format("leave {} out, or name other modules with `on`", rotation.space));
      return false;
    }
    if (widths.size() > 1 && !statement.algorithm.parameters.contains("block")) {
      report(codes::L4084, statement, fmt::format("{} of {} and of {} channels would share one matrix", rotation.space,
                                                  *widths.begin(), *widths.rbegin()))
          .help("give a `block` that divides all of them, or name those of one width with `on`");
      return false;
    }
    return std::all_of(widths.begin(), widths.end(), [&](int64_t width) { return sized(statement, width, rotation); });
  }

  bool names_part_of(const UnitSet& on, const std::string& block) const {
    for (uint32_t m : on.members())
      if (!on.points() && graph_.modules[m].path.starts_with(block + ".")) return true;
    return false;
  }

  bool forbid_experts(const TransformStatement& statement, const Module& module) {
    report(codes::L4083, statement, "no reader rotates what experts read at run time")
        .note(fmt::format("`{}` reads the inner width of an expert", module.path))
        .help("leave R4 out, or name dense layers with `on`");
    return false;
  }

  bool forbid_heads(const TransformStatement& statement, const Rotations::Heads& heads) {
    report(codes::L4083, statement, "value heads of this model cannot be rotated")
        .note(fmt::format("in `{}`: {}", graph_.templates[heads.owner].name, heads.reason))
        .help("leave R2 out, or name the layers that can be with `on`");
    return false;
  }

  bool sized(const TransformStatement& statement, int64_t width, Rotation& rotation) {
    rotation.size = parameter(statement.algorithm, "block", width);
    if (rotation.size < 1 || width % rotation.size != 0) {
      report(codes::L4084, statement, fmt::format("blocks of {} do not divide the {} channels of {}", rotation.size,
                                                  width, rotation.space))
          .help(fmt::format("leave `block` out, or take a divisor, as {}", largest_hadamard_block(width)));
      return false;
    }
    const bool hadamard = rotation.kind == "hadamard" || rotation.kind == "random_hadamard";
    if (!hadamard || has_hadamard(rotation.size)) return true;
    report(codes::L4084, statement,
           fmt::format("no Hadamard matrix of {} rows is known here, which {} needs", rotation.size, rotation.space))
        .help(fmt::format("`block = {}` is the largest that works for {} channels", largest_hadamard_block(width), width))
        .help("or take `kind = random`, of which there is a matrix of every size");
    return false;
  }

  // What a description only copies is not seen by the facts; layers that predict further tokens read the stream.
  void warn_of_copies(const TransformStatement& statement) {
    for (const Module& module : graph_.modules) {
      if (module.kind != ModuleKind::Opaque || !has(module.roles, Role::Mtp)) continue;
      diagnostics_
          .report(codes::L4087, statement.span,
                  fmt::format("`{}` is copied as it is and would read a rotated stream", module.path))
          .note("the model itself is unchanged; speculation with these layers is not")
          .help("do not serve the result with them, or leave R1 out");
      return;
    }
  }

  const ModelGraph& graph_;
  const Rotations& facts_;
  Selector& selector_;
  Diagnostics& diagnostics_;
  std::set<std::string> spaces_;
  std::vector<Rotation> rotations_;
  bool failed_ = false;
};

}  // namespace

std::optional<std::vector<Rotation>> resolve_rotations(const Recipe& recipe, const ModelGraph& graph,
                                                       const Rotations& facts, Selector& selector,
                                                       Diagnostics& diagnostics) {
  Resolver resolver(graph, facts, selector, diagnostics);
  for (const TransformStatement& statement : recipe.transforms) resolver.add(statement);
  return resolver.take();
}

}  // namespace lcr
