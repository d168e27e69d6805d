#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/import.h"
#include "compiler/import/program.h"
#include "compiler/import/ratio.h"

namespace lcr::foreign {
namespace {

constexpr const char* schedule = "it says where or when something is computed, which is the planner's part";

std::vector<const Node*> list_of(const Node& node) {
  if (node.kind == Node::Kind::Scalar) return {&node};
  std::vector<const Node*> result;
  for (const Node& item : node.items) result.push_back(&item);
  return result;
}

// `[[balance…], smooth]`, or a map with the two: the producer that is scaled.
const Node* producer_of(const Node& mapping) {
  if (mapping.kind == Node::Kind::Map) return mapping.find("smooth_layer");
  return mapping.kind == Node::Kind::List && mapping.items.size() >= 2 ? &mapping.items[1] : nullptr;
}

const Node* balanced_of(const Node& mapping) {
  if (mapping.kind == Node::Kind::Map) return mapping.find("balance_layers");
  return mapping.kind == Node::Kind::List && mapping.items.size() >= 2 ? &mapping.items[0] : nullptr;
}

// Which linears follow a producer is the dataflow's to say; the mapping names the producers.
void read_mappings(Keys& keys, Transform& transform) {
  const Node* mappings = keys.take("mappings");
  if (mappings == nullptr) {
    keys.diagnostics().report(
        codes::L7055, keys.node().span,
        fmt::format(
            "{} without mappings takes a table by the model's class; here what may be scaled follows from the dataflow",
            transform.name));
    return;
  }
  for (const Node& mapping : mappings->items) {
    const Node *producer = producer_of(mapping), *balanced = balanced_of(mapping);
    if (producer == nullptr || balanced == nullptr) {
      keys.diagnostics().report(codes::L7051, mapping.span,
                                "a mapping is a list of balanced layers and the layer that is scaled");
      continue;
    }
    Mapping made{read_targets(list_of(*producer), keys.diagnostics()),
                 read_targets(list_of(*balanced), keys.diagnostics()), mapping.span};
    for (const Target& target : made.producers) {
      const bool known = std::any_of(transform.through.begin(), transform.through.end(),
                                     [&](const Target& one) { return one.text == target.text; });
      if (!known) transform.through.push_back(target);
    }
    transform.mappings.push_back(std::move(made));
  }
  keys.diagnostics().report(
      codes::L7055, mappings->span,
      "the mappings become `through`: every reader of a scaled layer follows; with --model a mapping that "
      "forgets one is refused");
}

void read_kind(Keys& keys, std::vector<std::string>& arguments, std::string_view usual, Span span) {
  const std::string type = keys.text("transform_type").value_or(std::string(usual));
  const bool sampled = type != "hadamard";
  if (type == "hadamard") arguments.push_back("kind = hadamard");
  else if (type == "random-hadamard") arguments.push_back("kind = random_hadamard");
  else if (type == "random-matrix") arguments.push_back("kind = random");
  else
    keys.diagnostics()
        .report(codes::L7052, keys.node().find("transform_type")->span,
                fmt::format("`{}` is no kind of rotation", type))
        .help("hadamard, random-hadamard or random-matrix");
  if (auto block = keys.integer("transform_block_size")) arguments.push_back(fmt::format("block = {}", *block));
  if (sampled) {
    arguments.push_back("seed = 42");
    keys.diagnostics().report(
        codes::L7055, span,
        "random rotations take their randomness from the process there; here they have a seed of their own");
  }
  keys.refuse("randomize", "the other tool refuses it as well", {"false", "False"});
  keys.refuse("learnable", "the other tool refuses it as well; `kind = learned(…)` is written by hand",
              {"false", "False"});
  keys.leave_out("precision", "rotations are always folded in double precision");
  keys.refuse("transform_config", "a configuration of transforms of its own");
}

// The places that are rotated, as the language writes them; `usual` are those without a word about them.
std::string rotations(Keys& keys, std::initializer_list<std::string_view> known,
                      std::initializer_list<std::string_view> usual) {
  std::vector<std::string_view> words;
  for (const Node* node : keys.texts("rotations")) {
    const auto same = [&](std::string_view word) {
      return std::equal(word.begin(), word.end(), node->text.begin(), node->text.end(),
                        [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
    };
    if (const auto* found = std::find_if(known.begin(), known.end(), same); found != known.end()) words.push_back(*found);
    else
      keys.diagnostics()
          .report(codes::L7052, node->span, fmt::format("`{}` is no rotation", node->text))
          .help(fmt::format("{}", fmt::join(known, ", ")));
  }
  if (words.empty()) words = usual;
  return fmt::format("rotations = [{}]", fmt::join(words, ", "));
}

}  // namespace

Transform read_smoothquant(const Node& node, Diagnostics& diagnostics) {
  Keys keys(node, "SmoothQuantModifier", diagnostics);
  read_common(keys);
  Transform transform{"smoothquant", {}, false, {}, true, node.span};
  transform.arguments.push_back("strength = " + percent(keys.number("smoothing_strength").value_or(0.5)));
  const std::string algorithm = keys.text("algorithm").value_or("smoothquant");
  if (algorithm == "log_equalization") transform.arguments.push_back("measure = log");
  else if (algorithm != "smoothquant")
    diagnostics.report(codes::L7052, keys.node().find("algorithm")->span,
                       fmt::format("`{}` is no algorithm of smoothing", algorithm));
  read_mappings(keys, transform);
  transform.norms_only = transform.through.empty();
  keys.refuse("ignore", "which producers are scaled is said by `through`");
  keys.refuse("num_calibration_steps", "all calibration rows are used");
  keys.refuse("calibration_function", "no code runs while data are read");
  keys.close();
  return transform;
}

Transform read_awq(Keys& keys) {
  Transform transform{"awq", {}, false, {}, true, keys.node().span};
  if (const Node* duo = keys.take("duo_scaling")) {
    const auto truth = truth_of(*duo);
    if (duo->text == "both") transform.arguments.push_back("duo = both");
    else if (!truth) keys.diagnostics().report(codes::L7051, duo->span, "`duo_scaling` is true, false or \"both\"");
    else if (!*truth) transform.arguments.push_back("duo = off");
  }
  if (auto grid = keys.integer("n_grid"); grid && *grid != 20)
    transform.arguments.push_back(fmt::format("grid = {}", *grid));
  read_mappings(keys, transform);
  for (const char* key : {"offload_device", "max_chunk_memory"}) keys.leave_out(key, schedule);
  return transform;
}

Transform read_quip(const Node& node, Diagnostics& diagnostics) {
  Keys keys(node, "QuIPModifier", diagnostics);
  read_common(keys);
  Transform transform{"quip", {}, false, {}, false, node.span};
  transform.arguments.push_back(rotations(keys, {"v", "u"}, {"v"}));
  read_kind(keys, transform.arguments, "random-hadamard", node.span);
  const std::vector<Target> targets = read_targets(keys.texts("targets"), diagnostics);
  read_targets(keys.texts("ignore"), diagnostics);
  for (const Target& target : targets)
    if (target.kind != Target::Kind::Linear)
      diagnostics.report(
          codes::L7053, target.span,
          "targets of QuIPModifier other than `Linear` have no equivalent: what is rotated is what the rule quantizes");
  diagnostics.report(
      codes::L7055, node.span,
      "QuIPModifier also rotates linears that stay as they are, which changes nothing; here only quantized ones are");
  keys.close();
  return transform;
}

std::string read_spinquant(const Node& node, Diagnostics& diagnostics) {
  Keys keys(node, "SpinQuantModifier", diagnostics);
  read_common(keys);
  std::vector<std::string> arguments = {rotations(keys, {"R1", "R2", "R3", "R4"}, {"R1", "R2"})};
  read_kind(keys, arguments, "hadamard", node.span);
  for (const char* key : {"mappings", "norm_mappings"})
    keys.leave_out(key, "the other tool overwrites it, and here it follows from the dataflow");
  keys.refuse("targets", "a rotation of the residual stream concerns every reader");
  keys.refuse("ignore", "a rotation of the residual stream concerns every reader");
  keys.close();
  return fmt::format("spinquant({})", fmt::join(arguments, ", "));
}

}  // namespace lcr::foreign
