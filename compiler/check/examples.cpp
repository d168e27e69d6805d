#include "compiler/check/examples.h"

#include <algorithm>

#include <fmt/format.h>

namespace lcr {

std::string count_of(size_t count, bool points) {
  return fmt::format("{} {}{}", count, points ? "attention point" : "module", count == 1 ? "" : "s");
}

Diagnostic& name_units(Diagnostic& diagnostic, const ModelGraph& graph, const std::vector<uint32_t>& units,
                       bool points) {
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min<size_t>(units.size(), 5); ++i)
    names.emplace_back(points ? graph.points[units[i]].path : graph.modules[units[i]].path);
  if (names.empty()) return diagnostic;
  if (units.size() <= 3) diagnostic.note(fmt::format("{}", fmt::join(names, ", ")));
  else diagnostic.note(fmt::format("{} and {} more", names[0], units.size() - 1));
  return diagnostic.with("count", static_cast<int64_t>(units.size())).with("modules", std::move(names));
}

}  // namespace lcr
