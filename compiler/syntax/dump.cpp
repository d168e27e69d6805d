#include "compiler/syntax/dump.h"

#include <fmt/core.h>

#include "compiler/syntax/dump_parts.h"

namespace lcr::syntax {

namespace {

std::string dump(const Imported& imported) {
  return imported.alias ? form("as", {imported.name.text, imported.alias->text}) : imported.name.text;
}

std::string dump(const Candidate& candidate) {
  return form("candidate", {candidate.precision ? syntax::dump(*candidate.precision) : "keep",
                            dump_if("with", candidate.stack)});
}

std::string dump(const Place& place) {
  static constexpr std::string_view kHeads[] = {"device", "host", "disk"};
  return form(kHeads[static_cast<int>(place.kind)],
              {place.device ? place.device->text : std::string(), dump_list("ids", place.ids),
               dump_if("path", place.path), syntax::dump(place.fields)});
}

struct StatementDump {
  std::string operator()(const Use& use) const {
    std::vector<std::string> parts = {dump_list("module", use.module), dump_if("file", use.file)};
    for (const Imported& imported : use.imported) parts.push_back(dump(imported));
    return form("use", parts);
  }
  std::string operator()(const Extends& extends) const {
    return form(extends.called ? "extends-with" : "extends",
                {dump_list("preset", extends.preset), dump_list("arguments", extends.arguments)});
  }
  std::string operator()(const Param& param) const {
    return form("param", {param.name.text, param.type.text, dump_if("=", param.value)});
  }
  std::string operator()(const Select& select) const {
    std::string expect = select.expect ? fmt::format("(expect {})", *select.expect) : std::string();
    return form("select", {select.name.text, syntax::dump(select.value), expect});
  }
  std::string operator()(const Scheme& scheme) const {
    return form("scheme", {scheme.name.text, syntax::dump(scheme.fields)});
  }
  std::string operator()(const Method& method) const {
    return form("method", {method.name.text, syntax::dump(method.stack)});
  }
  std::string operator()(const Default& rule) const { return rule.keep ? "(default keep)" : "(default refuse)"; }
  std::string operator()(const Keep& keep) const { return form("keep", {syntax::dump(keep.selection)}); }
  std::string operator()(const Quantize& rule) const {
    std::vector<std::string> parts = {syntax::dump(rule.selection), dump_if("as", rule.precision)};
    for (const Candidate& candidate : rule.candidates) parts.push_back(dump(candidate));
    parts.push_back(dump_if("with", rule.stack));
    return form("quantize", parts);
  }
  std::string operator()(const Prune& rule) const {
    std::string pattern = rule.pattern ? fmt::format("{}:{}", rule.pattern->first, rule.pattern->second) : "";
    return form("prune", {syntax::dump(rule.selection), pattern.empty() ? "" : form(rule.by ? "by" : "to", {pattern}),
                          dump_if(rule.by ? "by" : "to", rule.share), dump_if("with", rule.call)});
  }
  std::string operator()(const Transform& transform) const {
    return form("transform", {syntax::dump(transform.call), dump_if("on", transform.on)});
  }
  std::string operator()(const Untie& untie) const { return form("untie", {syntax::dump(untie.selection)}); }
  std::string operator()(const Dequantize& node) const { return form("dequantize", {syntax::dump(node.selection)}); }
  std::string operator()(const Calibrate& node) const { return form("calibrate", {syntax::dump(node.fields)}); }
  std::string operator()(const Budget& node) const { return form("budget", {syntax::dump(node.fields)}); }
  std::string operator()(const Serve& node) const {
    return form("serve", {node.server.text, syntax::dump(node.fields)});
  }
  std::string operator()(const Export& node) const {
    return form("export", {node.format.text, syntax::dump(node.fields)});
  }
  std::string operator()(const Schedule& schedule) const {
    std::vector<std::string> parts;
    for (const auto& item : schedule.items) {
      const Place* place = std::get_if<Place>(&item);
      parts.push_back(place ? dump(*place) : syntax::dump(std::get<Field>(item)));
    }
    return form("schedule", parts);
  }
  std::string operator()(const Accept& accept) const {
    return form("accept", {accept.name.text, syntax::dump(accept.selection), syntax::dump(accept.fields)});
  }
  std::string operator()(const Require& require) const {
    const Comparison* comparison = std::get_if<Comparison>(&require.condition);
    return form("require", {comparison ? syntax::dump(*comparison) : syntax::dump(std::get<Call>(require.condition)),
                            syntax::dump(require.selection), dump_if("when", require.when),
                            syntax::dump(require.message)});
  }
  template <typename Architecture>
  std::string operator()(const Architecture&) const {
    return {};
  }
};

std::string doc(const std::string& text) { return text.empty() ? std::string() : form("doc", {escaped(text)}); }

std::string dump(const Statement& statement) {
  std::string node = std::visit(StatementDump{}, statement.node);
  if (node.empty()) node = dump_architecture(statement);
  std::string comment = doc(statement.doc);
  if (statement.overriding) node = form("override", {node});
  return comment.empty() ? node : comment + "\n" + node;
}

std::string dump(const Header& header) {
  static constexpr std::string_view kKinds[] = {"none",         "recipe",  "preset", "library",
                                                "architecture", "serving", "machine"};
  return form(kKinds[static_cast<int>(header.kind)],
              {escaped(header.name), dump_list("for", header.classes), dump_list("type", header.types),
               header.since.empty() ? "" : form("since", {escaped(header.since)}), doc(header.doc)});
}

}  // namespace

std::string dump(const File& file) {
  std::string result = fmt::format("(language {})\n{}\n", file.language, dump(file.header));
  for (const Statement& statement : file.statements) result += dump(statement) + "\n";
  return result;
}

}  // namespace lcr::syntax
