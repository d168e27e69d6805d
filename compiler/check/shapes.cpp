#include <map>
#include <numeric>

#include <fmt/format.h>

#include "compiler/check/examples.h"
#include "compiler/check/rules.h"
#include "compiler/check/sharding.h"
#include "compiler/diagnostics/codes/precision.h"

namespace lcr {
namespace {

// The largest power of two that divides the width and is not larger than the group asked for.
int64_t largest_group(int64_t width, int64_t group) {
  int64_t best = 1;
  while (best * 2 <= group && width % (best * 2) == 0) best *= 2;
  return best;
}

// One cause: a part of a precision that does not divide a width.
struct Misfit {
  const Precision* precision;
  Span span;
  int64_t unit, width, ranks;  // ranks: 1 for the whole width
  bool input, rows;
  auto operator<=>(const Misfit& other) const {
    return std::tie(span.file, span.begin, unit, width, ranks, input, rows) <=>
           std::tie(other.span.file, other.span.begin, other.unit, other.width, other.ranks, other.input, other.rows);
  }
};
using Misfits = std::map<Misfit, std::vector<uint32_t>>;

void add(Misfits& found, const Misfit& misfit, const ModuleClass& one) {
  if (misfit.ranks == 1 ? misfit.width % misfit.unit == 0 : misfit.width % (misfit.unit * misfit.ranks) == 0) return;
  std::vector<uint32_t>& modules = found[misfit];
  modules.insert(modules.end(), one.modules.begin(), one.modules.end());
}

void help_with_group(Diagnostic& diagnostic, const Misfit& misfit) {
  const int64_t best = largest_group(misfit.width / (misfit.width % misfit.ranks == 0 ? misfit.ranks : 1), misfit.unit);
  const std::optional<Format>& format = misfit.input ? misfit.precision->input : misfit.precision->weights;
  const bool fixed = format->element == Element::Fp4 || format->scale != ScaleType::Model;
  if (misfit.width % misfit.ranks != 0)
    diagnostic.help(fmt::format("choose a `tensor_parallel` that divides {}", misfit.width));
  else if (!fixed && best >= 16)
    diagnostic.help(fmt::format("the largest group that fits is {}: `per = group({})`", best, best));
  else if (!fixed) diagnostic.help("no useful group fits: use `per = channel`, or keep these modules");
  else diagnostic.help("keep these modules, or give them a scheme without groups, such as FP8_DYNAMIC");
}

void report(const CheckContext& context, const Misfit& misfit, const std::vector<uint32_t>& modules) {
  const char* side = misfit.rows ? "output" : "input";
  const std::string unit = misfit.rows ? fmt::format("blocks of {} rows do", misfit.unit)
                           : misfit.input ? fmt::format("input groups of {} do", misfit.unit)
                                          : fmt::format("groups of {} do", misfit.unit);
  std::string message = fmt::format("{} not divide the {} width {}", unit, side, misfit.width);
  if (misfit.ranks > 1) message += fmt::format(" over {} tensor-parallel ranks", misfit.ranks);
  Diagnostic& diagnostic =
      context.diagnostics.report(misfit.ranks > 1 ? codes::L4051 : codes::L4050, misfit.span, std::move(message),
                                 fmt::format("for {}", count_of(modules.size())));
  name_units(diagnostic, context.graph, modules);
  diagnostic.with("width", misfit.width).with("group", misfit.unit);
  if (misfit.ranks > 1) diagnostic.with("tensor_parallel", misfit.ranks);
  if (misfit.rows) diagnostic.help("keep these modules, use smaller blocks, or serve them on fewer ranks");
  else help_with_group(diagnostic, misfit);
}

void check_ranks(const CheckContext& context, Misfits& found) {
  std::vector<std::vector<Sharding>> known(context.graph.templates.size());
  for (const Serve& serve : context.recipe.serve)
    for (int64_t ranks : serve.tensor_parallel) {
      if (ranks <= 1) continue;
      for (const ModuleClass& one : context.classes) {
        if (one.kind != ModuleKind::Linear || !context.quantized(one)) continue;
        auto& sharding = known[one.owner];
        if (sharding.empty()) sharding = shardings(context.graph, one.owner);
        for (const Choice& choice : context.choices(context.assignment(one))) {
          const Format& weights = *choice.precision->weights;
          const auto& input = choice.precision->input;
          if (sharding[one.local] == Sharding::Row) {
            if (weights.per == Per::Group)
              add(found, {choice.precision, choice.span, weights.group, one.in, ranks, false, false}, one);
            if (weights.per == Per::Block)
              add(found, {choice.precision, choice.span, weights.block_columns, one.in, ranks, false, false}, one);
            if (input && input->per == Per::Group)
              add(found, {choice.precision, choice.span, input->group, one.in, ranks, true, false}, one);
          } else if (sharding[one.local] == Sharding::Column && weights.per == Per::Block) {
            add(found, {choice.precision, choice.span, weights.block_rows, one.out, ranks, false, true}, one);
          }
        }
      }
    }
}

void check_patterns(const CheckContext& context) {
  for (const ModuleClass& one : context.classes) {
    const Assignment& assignment = context.assignment(one);
    if (!assignment.amount || assignment.amount->of == 0 || one.kind != ModuleKind::Linear ||
        one.in % assignment.amount->of == 0)
      continue;
    Diagnostic& diagnostic =
        context.diagnostics.report(codes::L4072, context.prune_rule(assignment)->span,
                                   fmt::format("`{}:{}` does not divide the input width {}", assignment.amount->keep,
                                               assignment.amount->of, one.in),
                                   fmt::format("for {}", count_of(one.modules.size())));
    name_units(diagnostic, context.graph, one.modules);
    diagnostic.help("keep these modules, or prune them by a share");
  }
}

}  // namespace

void check_shapes(const CheckContext& context) {
  Misfits found;
  for (const ModuleClass& one : context.classes) {
    if (one.kind != ModuleKind::Linear && one.kind != ModuleKind::Embedding) continue;
    for (const Choice& choice : context.choices(context.assignment(one))) {
      const Format& weights = *choice.precision->weights;
      const auto& input = choice.precision->input;
      if (weights.per == Per::Group)
        add(found, {choice.precision, choice.span, weights.group, one.in, 1, false, false}, one);
      if (input && input->per == Per::Group)
        add(found, {choice.precision, choice.span, input->group, one.in, 1, true, false}, one);
    }
  }
  // What does not fit as a whole does not fit in parts either: said once.
  if (found.empty()) check_ranks(context, found);
  for (const auto& [misfit, modules] : found) report(context, misfit, modules);
  check_patterns(context);
}

}  // namespace lcr
