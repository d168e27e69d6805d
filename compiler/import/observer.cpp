#include <cmath>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/import.h"
#include "compiler/import/ratio.h"
#include "compiler/import/scheme.h"

namespace lcr::foreign {
namespace {

const std::vector<std::string> known = {"minmax", "static_minmax", "memoryless_minmax", "mse", "memoryless_mse",
                                        "nvfp4_expanded_mse", "imatrix_mse"};

struct Search {
  double expand = 1, shrink = 0.2, norm = 2.4;
  int64_t grid = 100, patience = 5;
};

// The defaults of the other tool, then what the keywords say.
Search read_search(const std::string& name, Keys& keys) {
  Search search;
  if (name == "nvfp4_expanded_mse") search = {1.8, 1 - 0.8 / 1.8, 2.4, 200, 1000};
  if (name == "imatrix_mse") search = {1, 0.95, 3.0, 20, 5};
  search.shrink = keys.number("maxshrink").value_or(search.shrink);
  search.expand = keys.number("expand").value_or(search.expand);
  search.norm = keys.number("norm").value_or(search.norm);
  search.grid = keys.integer("grid").value_or(search.grid);
  search.patience = keys.integer("patience").value_or(search.patience);
  return search;
}

// The candidates are expand * (1 - i / grid) for i below shrink * grid: the same ones, as ratios.
std::string search_text(std::string_view name, const Search& search, double usual_to, double usual_norm) {
  // One more where the energy of inputs weighs the error.
  const int64_t tried =
      static_cast<int64_t>(search.shrink * static_cast<double>(search.grid) + 1e-9) + (name == "imatrix" ? 1 : 0);
  const auto candidates = std::max<int64_t>(2, tried);
  const double to = search.expand * (1 - static_cast<double>(candidates - 1) / static_cast<double>(search.grid));
  std::string arguments;
  const auto add = [&](const std::string& text) { arguments += (arguments.empty() ? "" : ", ") + text; };
  if (search.expand != 1) add("from = " + percent(search.expand));
  if (std::abs(to - usual_to) > 1e-9) add("to = " + percent(to));
  if (candidates != 20) add(fmt::format("grid = {}", candidates));
  if (search.norm != usual_norm) add(fmt::format("norm = {}", search.norm));
  if (search.patience != 5) add(fmt::format("patience = {}", search.patience));
  return arguments.empty() ? std::string(name) : fmt::format("{}({})", name, arguments);
}

}  // namespace

std::string percent(double ratio) { return fmt::format("{:.10g}%", ratio * 100); }

std::optional<std::string> read_observer(const Node* name, const Node* kwargs, const Format& format, FormatPlace place,
                                         Span span, Diagnostics& diagnostics) {
  const bool weights = place == FormatPlace::Weights;
  const bool fixed_scale = weights || !format.dynamic || format.global;
  const std::string text = name == nullptr ? "" : name->text;
  const Span at = name == nullptr ? span : name->span;
  static const Node nothing;
  Keys keys(kwargs == nullptr ? nothing : *kwargs, "observer_kwargs", diagnostics);
  const double rate = keys.number("averaging_constant").value_or(0.01);
  const Search search = read_search(text, keys);
  keys.leave_out("enable_compile", "it decides how the search is run, not what it finds");
  keys.close();
  if (!fixed_scale) return "";
  if (text == "mse" || text == "memoryless_mse" || text == "nvfp4_expanded_mse") {
    if (!weights && text == "mse")
      diagnostics.report(codes::L7055, at,
                         "`mse` of activations averages over batches there; here it searches over all of them");
    return search_text("mse", search, 0.81, 2.4);
  }
  if (text == "imatrix_mse") {
    if (weights) return search_text("imatrix", search, 0.05, 3.0);
    diagnostics.report(codes::L7053, at,
                       "`imatrix_mse` of activations has no equivalent: it weighs columns of weights");
    return std::nullopt;
  }
  if (text == "minmax" && !weights) return fmt::format("ema(rate = {})", percent(rate));
  if (text == "static_minmax" || text == "minmax") return "";
  if (text.empty() || text == "memoryless_minmax") {
    if (!weights)
      diagnostics.report(
          codes::L7055, at,
          "without an observer the scale there is that of the last batch alone; here it covers all of them");
    return "";
  }
  Diagnostic& diagnostic = diagnostics.report(codes::L7052, at, fmt::format("`{}` is no observer", text));
  const std::string near = nearest(text, known);
  if (!near.empty()) diagnostic.help(fmt::format("did you mean `{}`?", near));
  return std::nullopt;
}

}  // namespace lcr::foreign
