#include <fmt/core.h>

#include "compiler/syntax/dump_parts.h"

namespace lcr::syntax {

namespace {

std::string dump(const Setting& setting) {
  if (setting.target) return form("=", {dump(*setting.target), dump(setting.value)});
  return form("require", {dump(setting.value), dump(*setting.message)});
}

std::string dump(const Parameter& parameter) {
  std::string type = parameter.type ? parameter.type->text : dump(parameter.shape[0]);
  return form("parameter", {parameter.name.text, type, parameter.value.empty() ? "" : dump(parameter.value[0])});
}

std::string dump_parameters(const std::vector<Parameter>& parameters) {
  std::vector<std::string> parts;
  for (const Parameter& parameter : parameters) parts.push_back(dump(parameter));
  return form("parameters", parts);
}

std::string dump(const Slice& slice) {
  if (slice.low.empty()) return "*";
  if (slice.high.empty()) return dump(slice.low[0]);
  return form("slice", {dump(slice.low[0]), dump(slice.high[0]), fmt::format("{}", slice.step)});
}

std::string dump(const View& view) {
  if (view.property) return form("property", {view.property->text});
  std::vector<std::string> parts;
  for (const Slice& slice : view.slices) parts.push_back(dump(slice));
  return form("view", parts);
}

std::string dump(const LayoutRow& row) {
  std::vector<std::string> parts = {dump(row.tensor), dump_if("codec", row.codec), dump_list("sources", row.sources)};
  for (const View& view : row.views) parts.push_back(dump(view));
  return form("row", parts);
}

struct ArchitectureDump {
  std::string operator()(const Part& part) const {
    return form("part", {part.name.text, part.at.text, dump_if("or", part.fallback), dump_list("is", part.is)});
  }
  std::string operator()(const Config& config) const {
    std::vector<std::string> parts;
    for (const Setting& setting : config.settings) parts.push_back(dump(setting));
    return form("config", parts);
  }
  std::string operator()(const Block& block) const {
    return form("block", {block.name.text, dump_parameters(block.parameters), dump(block.body)});
  }
  std::string operator()(const Model& model) const {
    return form("model", {dump_parameters(model.parameters), dump(model.body)});
  }
  std::string operator()(const Tie& tie) const {
    return form("tie", {dump(tie.tensor), dump(tie.to), dump_if("when", tie.when)});
  }
  std::string operator()(const Copy& copy) const {
    return form(copy.drop ? "drop" : "copy", {dump(copy.path), dump_if("role", copy.role), dump_if("when", copy.when)});
  }
  std::string operator()(const Names& names) const {
    std::vector<std::string> rows;
    for (const std::vector<Path>& row : names.rows) rows.push_back(dump_list("row", row));
    return form("names", rows);
  }
  std::string operator()(const Fused& fused) const {
    return form("fused", {fused.name.text, dump_list("members", fused.members)});
  }
  std::string operator()(const Layout& layout) const {
    std::vector<std::string> parts = {dump(layout.title)};
    for (const LayoutRow& row : layout.rows) parts.push_back(dump(row));
    return form("layout", parts);
  }
  template <typename Other>
  std::string operator()(const Other&) const {
    return {};
  }
};

}  // namespace

std::string dump_architecture(const Statement& statement) { return std::visit(ArchitectureDump{}, statement.node); }

}  // namespace lcr::syntax
