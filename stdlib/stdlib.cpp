#include "stdlib/stdlib.h"

#include <algorithm>
#include <string>

namespace lcr::stdlib {

std::optional<std::string_view> find(std::string_view module) {
  const std::vector<Module>& all = modules();
  auto found = std::lower_bound(all.begin(), all.end(), module,
                                [](const Module& entry, std::string_view name) { return entry.name < name; });
  if (found == all.end() || found->name != module) return std::nullopt;
  return found->text;
}

std::vector<std::string_view> names_below(std::string_view folder) {
  std::string prefix = "std." + std::string(folder) + ".";
  std::vector<std::string_view> result;
  for (const Module& entry : modules()) {
    if (!entry.name.starts_with(prefix)) continue;
    std::string_view rest = entry.name.substr(prefix.size());
    if (rest.find('.') == std::string_view::npos) result.push_back(rest);
  }
  return result;
}

std::optional<std::string_view> architecture_of_class(std::string_view name) {
  for (const Architecture& architecture : architectures()) {
    const auto& classes = architecture.classes;
    if (std::find(classes.begin(), classes.end(), name) != classes.end()) return architecture.module;
  }
  return std::nullopt;
}

std::vector<std::string_view> architectures_of_type(std::string_view type) {
  std::vector<std::string_view> result;
  for (const Architecture& architecture : architectures()) {
    const auto& types = architecture.types;
    if (std::find(types.begin(), types.end(), type) != types.end()) result.push_back(architecture.module);
  }
  return result;
}

}  // namespace lcr::stdlib
