#include "compiler/facts/places.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace lcr {

namespace {

std::string without_numbers(std::string path) {
  for (size_t at = path.find("{}"); at != std::string::npos; at = path.find("{}")) path.replace(at, 2, "*");
  return path;
}

// "model.layers.3" is the front "model.layers" and 3; without a number at the end -1.
std::pair<std::string, int64_t> split_number(const std::string& path) {
  size_t dot = path.rfind('.');
  std::string last = dot == std::string::npos ? path : path.substr(dot + 1);
  if (dot == std::string::npos || last.empty() || last.find_first_not_of("0123456789") != std::string::npos)
    return {path, -1};
  return {path.substr(0, dot), std::stoll(last)};
}

// 0, 1, 2 and 5 are "{0..2,5}"; one number stands alone.
std::string numbers_text(const std::set<int64_t>& numbers) {
  std::vector<std::string> runs;
  for (auto it = numbers.begin(); it != numbers.end();) {
    int64_t first = *it, last = first;
    for (++it; it != numbers.end() && *it == last + 1; ++it) last = *it;
    if (last == first + 1) runs.push_back(fmt::format("{},{}", first, last));
    else runs.push_back(first == last ? fmt::format("{}", first) : fmt::format("{}..{}", first, last));
  }
  if (numbers.size() == 1) return runs[0];
  return fmt::format("{{{}}}", fmt::join(runs, ","));
}

// Paths that differ in the number of their front alone, collapsed.
class Collapsed {
 public:
  void add(const std::string& path, const std::string& rest) {
    auto [front, number] = split_number(path);
    auto [found, fresh] = numbers_.try_emplace({front, rest});
    if (fresh) order_.push_back({front, rest});
    if (number >= 0) found->second.insert(number);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& key : order_) {
      const std::set<int64_t>& numbers = numbers_.at(key);
      std::string name = key.first;
      if (!numbers.empty()) name += "." + numbers_text(numbers);
      if (!name.empty() && !key.second.empty()) name += ".";
      result.push_back(name + key.second);
    }
    return result;
  }

 private:
  std::map<std::pair<std::string, std::string>, std::set<int64_t>> numbers_;
  std::vector<std::pair<std::string, std::string>> order_;
};

}  // namespace

PlaceNames::PlaceNames(const ModelGraph& graph)
    : graph_(graph), callers_(graph.templates.size()), prefix_(graph.templates.size()) {
  for (TemplateId id = 0; id < graph.templates.size(); ++id) layer_.push_back(id);
  for (TemplateId id = 0; id < graph.templates.size(); ++id) {
    for (const Node& node : graph.templates[id].nodes) {
      if (node.op != Op::Dispatch) continue;
      if (callers_[node.callee].empty()) layer_[node.callee] = id;
      callers_[node.callee].push_back(id);
      prefix_[node.callee] = node.path.empty() ? "" : node.path + ".";
    }
  }
}

std::vector<uint32_t> PlaceNames::instances_of(TemplateId id) const {
  std::vector<uint32_t> result;
  for (uint32_t i = 0; i < graph_.instances.size(); ++i) {
    const std::vector<TemplateId>& callers = callers_[id];
    bool used = graph_.instances[i].id == id ||
                std::find(callers.begin(), callers.end(), graph_.instances[i].id) != callers.end();
    if (used) result.push_back(i);
  }
  return result;
}

std::string PlaceNames::uses(const std::vector<TemplateId>& templates) const {
  Collapsed paths;
  for (TemplateId id : templates) {
    for (uint32_t instance : instances_of(id)) paths.add(graph_.instances[instance].path, "");
  }
  std::string text = fmt::format("{}", fmt::join(paths.names(), ", "));
  return text.empty() ? "model" : text;
}

std::string PlaceNames::relative(TemplateId owner, uint32_t module) const {
  return without_numbers(prefix_[owner] + graph_.templates[owner].modules[module].path);
}

std::vector<std::string> PlaceNames::absolute(const std::vector<ModulePlace>& places) const {
  Collapsed paths;
  for (const ModulePlace& place : places) {
    std::string name = relative(place.owner, place.module);
    if (place.instance != none_id) {
      paths.add(graph_.instances[place.instance].path, name);
      continue;
    }
    for (uint32_t instance : instances_of(place.owner)) paths.add(graph_.instances[instance].path, name);
  }
  return paths.names();
}

}  // namespace lcr
