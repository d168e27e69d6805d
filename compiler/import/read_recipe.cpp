#include <algorithm>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/import.h"
#include "compiler/import/program.h"

namespace lcr::foreign {
namespace {

const std::vector<std::string> solvers = {"QuantizationModifier", "GPTQModifier", "AutoRoundModifier", "AWQModifier"};
const std::vector<std::string> pruners = {"SparseGPTModifier", "WandaPruningModifier", "MagnitudePruningModifier",
                                          "ConstantPruningModifier", "REAPPruningModifier"};
const std::vector<std::string> others = {"SmoothQuantModifier", "LogarithmicEqualizationModifier", "QuIPModifier",
                                         "SpinQuantModifier"};

bool holds(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// Reads modifiers in their order into the fixed phases: rotations of the whole model, smoothing, pruning, solving.
class Reader {
 public:
  explicit Reader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void stages(const Node& root) {
    for (const auto& [name, stage] : root.members) {
      if (!name.text.ends_with("_stage")) {
        ignored(name, "only keys that end in `_stage` are read there");
        continue;
      }
      if (!stage.is_null() && !is_map(stage, name.text)) continue;
      for (const auto& [key, group] : stage.members) {
        if (!key.text.ends_with("_modifiers")) {
          ignored(key, "only keys that end in `_modifiers` are read in a stage");
          continue;
        }
        if (!group.is_null() && is_map(group, key.text)) modifiers(group);
      }
    }
    if (!any_ && !diagnostics_.has_errors())
      diagnostics_.report(codes::L7051, root.span, "the text holds no modifier")
          .help("a recipe has the form `quant_stage: {quant_modifiers: {QuantizationModifier: {…}}}`");
    for (const Transform& transform : pending_)
      diagnostics_
          .report(codes::L7053, transform.span,
                  fmt::format("`{}` without a quantization after it has no equivalent", transform.name))
          .help("a scale that nothing rounds changes nothing");
  }

  Program take() { return std::move(program_); }

 private:
  void ignored(const Node& key, std::string why) {
    diagnostics_.report(codes::L7058, key.span, fmt::format("`{}` is left out, as the other tool ignores it", key.text))
        .note(std::move(why));
  }
  bool is_map(const Node& node, const std::string& what) {
    if (node.kind == Node::Kind::Map) return true;
    diagnostics_.report(codes::L7051, node.span, fmt::format("`{}` is {} where a map stands", what, describe(node)));
    return false;
  }
  void order(const Node& at, std::string_view name, std::string_view before) {
    diagnostics_.report(codes::L7054, at.span, fmt::format("`{}` stands behind {}", name, before))
        .note("the phases are fixed: rotations of the model, smoothing, pruning, solving, caches")
        .help("another order gives other weights: make two recipes, or move it");
  }

  void modifiers(const Node& group) {
    for (const auto& [name, arguments] : group.members) {
      any_ = true;
      const Node& node = arguments.is_null() ? name : arguments;
      if (!arguments.is_null() && !is_map(arguments, name.text)) continue;
      // Positions of a modifier as a whole are those of its name.
      Node placed = node;
      if (arguments.is_null()) placed = {Node::Kind::Map, {}, false, name.span, {}, {}};
      placed.span = name.span;
      modifier(name, placed);
    }
  }

  void modifier(const Node& name, const Node& node) {
    const std::string& text = name.text;
    if (text == "SmoothQuantModifier" || text == "LogarithmicEqualizationModifier")
      transform(name, read_smoothquant(node, diagnostics_), 0);
    else if (text == "AWQModifier" && !quantizes(node)) awq(name, node);
    else if (text == "QuIPModifier") transform(name, read_quip(node, diagnostics_), 2);
    else if (text == "SpinQuantModifier") rotation(name, node);
    else if (holds(pruners, text)) pruning(name, node);
    else if (holds(solvers, text)) solver(name, node);
    else unknown(name);
  }

  static bool quantizes(const Node& node) {
    return std::any_of(node.members.begin(), node.members.end(), [](const auto& member) {
      return member.first.text == "scheme" || member.first.text == "config_groups";
    });
  }

  void awq(const Node& name, const Node& node) {
    Keys keys(node, "AWQModifier", diagnostics_);
    read_common(keys);
    Transform made = read_awq(keys);
    for (const char* key : {"sequential_targets", "targets", "ignore"})
      keys.leave_out(key, "what is scaled follows from the quantization behind it");
    keys.close();
    transform(name, std::move(made), 1);
  }

  void transform(const Node& name, Transform made, int rank) {
    if (!program_.prune.empty()) order(name, name.text, "a pruning");
    if (!pending_.empty() && rank <= rank_) order(name, name.text, fmt::format("`{}`", pending_.back().name));
    rank_ = rank;
    pending_.push_back(std::move(made));
  }
  void rotation(const Node& name, const Node& node) {
    if (!pending_.empty() || !program_.prune.empty() || !program_.quantize.empty() || !program_.rotations.empty())
      order(name, name.text, "other modifiers");
    program_.rotations.push_back(read_spinquant(node, diagnostics_));
  }
  void pruning(const Node& name, const Node& node) {
    if (!program_.quantize.empty()) order(name, name.text, "a quantization");
    program_.prune.push_back(read_pruner(name.text, node, diagnostics_));
  }
  void solver(const Node& name, const Node& node) {
    QuantizePass pass = read_solver(name.text, node, program_, diagnostics_);
    pass.transforms.insert(pass.transforms.begin(), std::make_move_iterator(pending_.begin()),
                           std::make_move_iterator(pending_.end()));
    pending_.clear();
    program_.quantize.push_back(std::move(pass));
  }
  void unknown(const Node& name) {
    std::vector<std::string> all = solvers;
    all.insert(all.end(), pruners.begin(), pruners.end());
    all.insert(all.end(), others.begin(), others.end());
    Diagnostic& diagnostic = diagnostics_.report(codes::L7052, name.span,
                                                 fmt::format("`{}` is no modifier that has an equivalent", name.text));
    const std::string near = nearest(name.text, all);
    if (!near.empty()) diagnostic.help(fmt::format("did you mean `{}`?", near));
  }

  Diagnostics& diagnostics_;
  Program program_;
  std::vector<Transform> pending_;
  int rank_ = 0;
  bool any_ = false;
};

}  // namespace

std::optional<Program> read_recipe(const Node& root, Diagnostics& diagnostics) {
  Diagnostics found;
  if (root.kind != Node::Kind::Map) {
    diagnostics.report(codes::L7051, root.span,
                       fmt::format("the text is {} where a recipe is a map of stages", describe(root)));
    return std::nullopt;
  }
  Reader reader(found);
  reader.stages(root);
  const bool failed = found.has_errors();
  diagnostics.append(std::move(found));
  if (failed) return std::nullopt;
  return reader.take();
}

}  // namespace lcr::foreign
