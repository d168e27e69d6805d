#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "compiler/check/examples.h"
#include "compiler/check/rules.h"
#include "compiler/diagnostics/codes/precision.h"

namespace lcr {
namespace {

const Export* export_as(const Recipe& recipe, Export::Format format) {
  for (const Export& one : recipe.exports)
    if (one.format == format) return &one;
  return nullptr;
}

// The readers of compressed-tensors know one format for all keys and values, and take a missing scale as 1.
void check_caches(const CheckContext& context, const Export& to) {
  const ModelGraph& graph = context.graph;
  std::map<const Rule*, std::vector<uint32_t>> by_rule;
  const Format* first = nullptr;
  bool differ = false;
  for (uint32_t p = 0; p < graph.points.size(); ++p) {
    const Assignment& assignment = context.typed.assignments[context.typed.of_point[p]];
    const bool queries = graph.points[p].kind == AttentionPoint::Kind::Queries;
    const Format* format = assignment.cache ? &*assignment.cache : nullptr;
    if (queries && format == nullptr) continue;
    by_rule[format == nullptr ? nullptr : context.rule(assignment)].push_back(p);
    if (format == nullptr) continue;
    if (first == nullptr) first = format;
    differ = differ || !(*first == *format);
  }
  if (first == nullptr || (by_rule.size() == 1 && !differ)) return;
  const auto left = by_rule.find(nullptr);
  if (left == by_rule.end() && !differ) return;
  const Rule* rule = by_rule.rbegin()->first != nullptr ? by_rule.rbegin()->first : by_rule.begin()->first;
  Diagnostic& diagnostic = context.diagnostics.report(
      codes::L4061, rule->selection.span,
      left != by_rule.end() ? "some caches are quantized and others are not" : "caches are quantized in different ways",
      left != by_rule.end() ? fmt::format("{} are left out", count_of(left->second.size(), true)) : std::string());
  diagnostic.label(to.span, "its readers know one format for all caches");
  if (left != by_rule.end()) name_units(diagnostic, graph, left->second, true);
  diagnostic.help("quantize keys and values of all layers alike: `quantize type(keys) | type(values) as …`");
}

struct CacheProblem {
  std::string message, help;
};

// Why no reader of compressed-tensors takes a cache in this format: what its schema refuses, what none of them can lay
// out, and what is no keys and values.
std::optional<CacheProblem> cache_problem(const Format& format, bool latent) {
  if (latent)
    return CacheProblem{"a latent attention caches other values than the keys and values that readers round",
                        "keep its points: the scale of a latent is 1 in servers, whatever the checkpoint says"};
  if (!format.symmetric) return CacheProblem{"readers refuse zero points of caches", "write `symmetric = true`"};
  if (format.dynamic && format.per == Per::Head)
    return CacheProblem{"readers find no scales of heads at run time", "write `dynamic = false`, or `per = tensor`"};
  if (!format.dynamic && format.per == Per::Group)
    return CacheProblem{"readers lay out no stored scales of groups", "write `per = tensor` or `per = head`"};
  if (!format.dynamic && (format.scale == ScaleType::E4M3 || format.scale == ScaleType::E8M0))
    return CacheProblem{"the stored scales of caches are no small floats", "leave `scale` out"};
  return std::nullopt;
}

void check_cache_formats(const CheckContext& context) {
  const ModelGraph& graph = context.graph;
  std::map<std::pair<const Rule*, std::string>, std::vector<uint32_t>> found;
  std::map<std::string, std::string> helps;
  for (uint32_t p = 0; p < graph.points.size(); ++p) {
    const AttentionPoint& point = graph.points[p];
    const Assignment& assignment = context.typed.assignments[context.typed.of_point[p]];
    if (!assignment.cache) continue;
    const Template& layer = graph.templates[graph.instances[point.instance].id];
    const auto problem = cache_problem(*assignment.cache, layer.nodes[point.node].cached.size() == 2);
    if (!problem) continue;
    found[{context.rule(assignment), problem->message}].push_back(p);
    helps[problem->message] = problem->help;
  }
  for (const auto& [at, points] : found) {
    Diagnostic& diagnostic = context.diagnostics.report(codes::L4088, at.first->precision_span,
                                                        "compressed-tensors stores no such cache: " + at.second);
    name_units(diagnostic, graph, points, true);
    diagnostic.help(helps[at.second]);
  }
}

// The files of a dense export hold nothing of how a server shall keep its cache.
void check_dense_caches(const CheckContext& context, const Export& to) {
  for (const Assignment& assignment : context.typed.assignments) {
    if (!assignment.cache) continue;
    context.diagnostics
        .report(codes::L4088, context.rule(assignment)->precision_span, "a dense export says nothing of caches")
        .label(to.span, "the only export")
        .help("export to `compressed_tensors`, or leave the rule out");
    return;
  }
}

// What is solved before anything is written is solved once, for all exports.
bool solves_once(const CheckContext& context) {
  if (context.typed.needs_data) return true;
  for (uint32_t m = 0; m < context.graph.modules.size(); ++m)
    if (context.online.any(m)) return true;
  return std::any_of(context.typed.assignments.begin(), context.typed.assignments.end(), [](const Assignment& one) {
    const auto is_static = [](const std::optional<Format>& format) { return format && (!format->dynamic || format->global); };
    return one.pruner || is_static(one.cache) || (one.precision && (is_static(one.precision->input) || is_static(one.precision->output)));
  });
}

// Codes are found for the scales as they are stored, so those of exports with two dtypes would differ in their codes.
void check_two_dtypes(const CheckContext& context) {
  const Export* first = nullptr;
  const Export* other = nullptr;
  for (const Export& one : context.recipe.exports) {
    if (one.format != Export::Format::CompressedTensors) continue;
    if (first == nullptr) first = &one;
    if (other == nullptr && one.dtype != first->dtype) other = &one;
  }
  if (other == nullptr || !solves_once(context)) return;
  const auto follows = [](const std::optional<Format>& format) { return format && format->scale == ScaleType::Model; };
  for (const Assignment& one : context.typed.assignments) {
    const bool scales = one.precision && (follows(one.precision->weights) || follows(one.precision->input) || follows(one.precision->output));
    if (one.kind == Assignment::Kind::Keep || (!scales && !follows(one.cache))) continue;
    context.diagnostics
        .report(codes::L4091, other->span, "scales of two dtypes would have to be stored, and they are found once for all exports",
                fmt::format("`dtype = {}`", other->dtype.value_or("as stored")))
        .label(first->span, fmt::format("`dtype = {}`", first->dtype.value_or("as stored")))
        .help("give both exports one `dtype`, or write a recipe for each")
        .help("or state the dtype of the scales in the scheme, `scale = f32`, which both then store");
    return;
  }
}

// Beside a new `quantization_config` the source's own one is gone.
void check_lost(const CheckContext& context, const Export& to) {
  if (context.lost.empty()) return;
  Diagnostic& diagnostic = context.diagnostics.report(
      codes::L4060, to.span, "compressed-tensors cannot describe these modules as the source stores them",
      fmt::format("{} kept as they are", count_of(context.lost.size())));
  name_units(diagnostic, context.graph, context.lost);
  diagnostic.help("`dequantize` them, and give them a rule if they shall stay small");
}

}  // namespace

void check_exports(const CheckContext& context) {
  if (const Export* to = export_as(context.recipe, Export::Format::CompressedTensors)) {
    check_caches(context, *to);
    check_cache_formats(context);
    check_lost(context, *to);
    check_two_dtypes(context);
  } else if (const Export* only = export_as(context.recipe, Export::Format::Dense)) {
    check_dense_caches(context, *only);
  }
  const Export* dense = export_as(context.recipe, Export::Format::Dense);
  if (dense == nullptr) return;
  std::vector<uint32_t> kept;
  for (const ModuleClass& one : context.classes)
    if (one.codec != 0 && !context.quantized(one) && !context.assignment(one).dequantize)
      kept.insert(kept.end(), one.modules.begin(), one.modules.end());
  if (kept.empty()) return;
  Diagnostic& diagnostic = context.diagnostics.report(codes::L4060, dense->span,
                                                      "a dense export cannot carry what the source stores quantized",
                                                      fmt::format("{} kept as they are", count_of(kept.size())));
  name_units(diagnostic, context.graph, kept);
  diagnostic.help("`dequantize` them");
}

// Rounding what is rounded already needs a word that says so.
void check_sources(const CheckContext& context) {
  std::map<const Rule*, std::vector<uint32_t>> found;
  for (const ModuleClass& one : context.classes) {
    const Assignment& assignment = context.assignment(one);
    if (one.codec == 0 || assignment.dequantize) continue;
    const Rule* rule = context.quantized(one) ? context.rule(assignment) : context.prune_rule(assignment);
    if (rule != nullptr) found[rule].insert(found[rule].end(), one.modules.begin(), one.modules.end());
  }
  for (const auto& [rule, modules] : found) {
    Diagnostic& diagnostic =
        context.diagnostics.report(codes::L4058, rule->selection.span,
                                   "these modules are already quantized in the source", count_of(modules.size()));
    name_units(diagnostic, context.graph, modules);
    const std::string_view selection = context.sources.text(rule->selection.span);
    const bool shown = selection.size() <= 60 && selection.find('\n') == std::string_view::npos;
    diagnostic.help(
        fmt::format("keep them as they are, or undo that first: `` dequantize {} ``", shown ? selection : "…"));
  }
}

}  // namespace lcr
