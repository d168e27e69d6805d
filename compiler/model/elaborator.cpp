#include "compiler/model/elaborator.h"

#include <fmt/format.h>

#include "compiler/diagnostics/codes/model.h"

namespace lcr::elaboration {

std::string joined_path(std::string_view prefix, std::string_view path) {
  if (prefix.empty()) return std::string(path);
  if (path.empty()) return std::string(prefix);
  return fmt::format("{}.{}", prefix, path);
}

Elaborator::Elaborator(Descriptions& descriptions, const Checkpoint& checkpoint, Diagnostics& diagnostics)
    : descriptions_(descriptions), checkpoint_(checkpoint), diagnostics_(diagnostics) {
  // The stream of constants.
  streams_.emplace_back();
}

bool Elaborator::run(const Description& description, const Json& config) {
  makers_.push_back(std::make_unique<Maker>());
  maker().result.name = description.name;
  root_ = open(description, config, {});
  return root_ && run_model(description) && reported_.empty();
}

uint16_t Elaborator::stream(const std::string& name) {
  for (size_t i = 0; i < streams_.size(); ++i)
    if (streams_[i] == name) return static_cast<uint16_t>(i);
  streams_.push_back(name);
  return static_cast<uint16_t>(streams_.size() - 1);
}

std::vector<Flow> Elaborator::emit(Node node, std::vector<Value> outputs) {
  Template& made = maker().result;
  const auto number = static_cast<uint32_t>(made.nodes.size());
  std::vector<Flow> flows;
  for (Value& output : outputs) {
    output.node = number;
    const auto id = static_cast<ValueId>(made.values.size());
    made.values.push_back(std::move(output));
    node.outputs.push_back(id);
    flows.push_back({current_, id});
  }
  node.unused = unused_;
  node.roles = written_ | (maker().result.decoder ? Role::Decoder : Role::None);
  made.nodes.push_back(std::move(node));
  return flows;
}

uint32_t Elaborator::own(const std::string& path, TemplateModule module, Span span) {
  Template& made = maker().result;
  module.path = joined_path(maker().prefix, path);
  module.roles = written_;
  module.unused = unused_;
  for (const TemplateModule& other : made.modules) {
    if (other.path != module.path) continue;
    fail(codes::L7021, span, fmt::format("the weights `{}` belong to another operation already", module.path));
    return none_id;
  }
  made.modules.push_back(std::move(module));
  return static_cast<uint32_t>(made.modules.size() - 1);
}

Term Elaborator::fail(Code code, Span span, std::string message, std::vector<std::string> helps) {
  if (reported_.insert({code, {span.file, span.begin}}).second) {
    Diagnostic& diagnostic = diagnostics_.report(code, span, std::move(message));
    for (std::string& help : helps) diagnostic.help(std::move(help));
  }
  return {Poison{}};
}

}  // namespace lcr::elaboration
