#include "compiler/check/serving.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/check/examples.h"
#include "compiler/check/rules.h"
#include "compiler/diagnostics/codes/precision.h"

namespace lcr {
namespace {

void report(const CheckContext& context, const Refusal& refusal, const Serve& serve) {
  Diagnostic& diagnostic = context.diagnostics.report(codes::L4069, refusal.span, refusal.message,
                                                      count_of(refusal.units.size(), refusal.points));
  if (refusal.other.end > refusal.other.begin) diagnostic.label(refusal.other, refusal.other_text);
  diagnostic.label(serve.span, "asked for here");
  name_units(diagnostic, context.graph, refusal.units, refusal.points);
  for (const std::string& text : refusal.notes) diagnostic.note(text);
  for (const std::string& help : refusal.helps) diagnostic.help(help);
}

// Without `serve` the refusals of a known server are worth one note.
void note(const CheckContext& context, const ServingText& text, const std::vector<Refusal>& refusals) {
  Diagnostic& diagnostic = context.diagnostics.report(
      codes::L4070, refusals[0].span, fmt::format("{} {} would not load the result", text.name, text.since));
  for (size_t i = 0; i < std::min<size_t>(refusals.size(), 3); ++i) diagnostic.note(refusals[i].message);
  if (refusals.size() > 3) diagnostic.note(fmt::format("and {} more reasons", refusals.size() - 3));
  diagnostic.with("server", text.name);
  diagnostic.help(fmt::format("`serve {} {{ … }}` makes this an error, with all reasons", text.name));
}

}  // namespace

void check_serving(const CheckContext& context) {
  const bool stores_codes =
      std::any_of(context.recipe.exports.begin(), context.recipe.exports.end(),
                  [](const Export& to) { return to.format == Export::Format::CompressedTensors; });
  if (context.recipe.serve.empty() && !stores_codes) return;
  const ServingView view(context);
  for (const Serve& serve : context.recipe.serve) {
    const auto text = read_serving(serve.server, context.sources, context.diagnostics);
    if (!text) continue;
    ServingTarget target{serve.capabilities, serve.tensor_parallel};
    if (target.ranks.empty()) target.ranks = {1};
    for (const Refusal& refusal : view.refusals(*text, target)) report(context, refusal, serve);
  }
  if (!context.recipe.serve.empty()) return;
  for (const std::string& name : known_servers()) {
    const auto text = read_serving(name, context.sources, context.diagnostics);
    if (!text) continue;
    const std::vector<Refusal> refusals = view.refusals(*text, {});
    if (!refusals.empty()) note(context, *text, refusals);
  }
}

}  // namespace lcr
