#include <fmt/format.h>

#include <algorithm>

#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/operations.h"

namespace lcr::elaboration {

Term OperationCall::fail(Code code, std::string message, std::vector<std::string> helps) {
  failed = true;
  return elaborator.fail(code, graph.span, fmt::format("`{}` {}", graph.text, message), std::move(helps));
}

const Term* OperationCall::named_or_null(std::string_view name) {
  asked.emplace_back(name);
  for (const auto& [key, term] : named)
    if (key->text == name) return &term;
  return nullptr;
}

const Term* OperationCall::at(size_t place, std::string_view name) {
  if (place < positional.size()) {
    read = std::max(read, place + 1);
    return &positional[place];
  }
  return named_or_null(name);
}

Flow OperationCall::flow(size_t place, std::string_view name) {
  const Term* term = at(place, name);
  const Flow* flow = term ? term->as<Flow>() : nullptr;
  if (!flow) {
    fail(codes::L7012, term ? fmt::format("wants a value of the dataflow as `{}`, this is {}", name, kind_of(*term))
                           : fmt::format("lacks the argument `{}`", name));
    return {};
  }
  if (flow->maker != elaborator.current()) {
    fail(codes::L7020, fmt::format("reads `{}` from outside of the dispatch", name),
         {"inside of a dispatch only `_` is a value of the dataflow"});
    return {};
  }
  return *flow;
}

std::optional<Flow> OperationCall::optional_flow(std::string_view name) {
  const Term* term = named_or_null(name);
  if (!term || term->is<Nothing>()) return std::nullopt;
  const Flow* flow = term->as<Flow>();
  if (flow && flow->maker == elaborator.current()) return *flow;
  fail(codes::L7012, fmt::format("wants a value of the dataflow as `{}`, this is {}", name, kind_of(*term)));
  return std::nullopt;
}

int64_t OperationCall::whole(size_t place, std::string_view name) {
  const Term* term = at(place, name);
  auto number = term ? whole_of(*term) : std::nullopt;
  if (number && *number >= 0) return *number;
  fail(codes::L7012, term ? fmt::format("wants a whole number as `{}`, this is {}", name, spelled(*term))
                         : fmt::format("lacks the argument `{}`", name));
  return 1;
}

int64_t OperationCall::whole(std::string_view name, int64_t otherwise) {
  const Term* term = named_or_null(name);
  if (!term) return otherwise;
  if (auto number = whole_of(*term)) return *number;
  fail(codes::L7012, fmt::format("wants a whole number as `{}`, this is {}", name, spelled(*term)));
  return otherwise;
}

double OperationCall::real(std::string_view name, double otherwise) {
  const Term* term = named_or_null(name);
  if (!term) return otherwise;
  if (is_number(*term)) return number_of(*term);
  fail(codes::L7012, fmt::format("wants a number as `{}`, this is {}", name, spelled(*term)));
  return otherwise;
}

bool OperationCall::truth(std::string_view name, bool otherwise) {
  const Term* term = named_or_null(name);
  if (!term) return otherwise;
  if (auto* holds = term->as<bool>()) return *holds;
  fail(codes::L7012, fmt::format("wants true or false as `{}`, this is {}", name, spelled(*term)));
  return otherwise;
}

std::string OperationCall::word(std::string_view name, const std::vector<std::string>& words) {
  const Term* term = named_or_null(name);
  if (!term || term->is<Nothing>()) return words.front();
  auto* word = term->as<std::string>();
  if (word && std::find(words.begin(), words.end(), *word) != words.end()) return *word;
  fail(codes::L7012, fmt::format("takes {} as `{}`, this is {}", fmt::join(words, ", "), name, spelled(*term)));
  return words.front();
}

Compute OperationCall::compute(const std::vector<std::string>& words) {
  const Term* term = named_or_null("compute");
  if (!term) return Compute::Default;
  const std::string chosen = word("compute", words);
  return chosen == "f32" ? Compute::F32 : chosen == "mixed" ? Compute::Mixed : Compute::Native;
}

std::vector<int64_t> OperationCall::wholes(size_t place, std::string_view name) {
  const Term* term = at(place, name);
  std::vector<int64_t> numbers;
  if (auto* list = term ? term->as<List>() : nullptr) {
    for (const Term& item : **list)
      if (auto number = whole_of(item); number && *number >= 0) numbers.push_back(*number);
    if (numbers.size() == (*list)->size()) return numbers;
  }
  fail(codes::L7012, fmt::format("wants a list of whole numbers as `{}`, this is {}", name,
                                term ? spelled(*term) : "missing"));
  return {};
}

const Dims& OperationCall::output() {
  static const Dims none{1};
  if (outputs.size() == 1 && !outputs[0].empty()) return outputs[0];
  fail(codes::L7013, outputs.empty() ? "lacks a shape behind `->`" : "makes one value: its shape is one");
  return none;
}

bool OperationCall::complete(bool takes_path, bool takes_shape) {
  if (failed) return false;
  for (const auto& [key, term] : named) {
    if (std::find(asked.begin(), asked.end(), key->text) != asked.end()) continue;
    std::vector<std::string> helps;
    if (!asked.empty()) helps.push_back(fmt::format("it takes {}", fmt::join(asked, ", ")));
    if (auto near = nearest(key->text, asked); !near.empty()) helps = {fmt::format("did you mean `{}`", near)};
    elaborator.fail(codes::L7012, key->span, fmt::format("`{}` takes no argument `{}`", graph.text, key->text), helps);
    failed = true;
  }
  if (positional.size() > read)
    fail(codes::L7012, fmt::format("takes {} arguments, here are {}", read, positional.size()));
  if (path && !takes_path) fail(codes::L7012, "owns no weights: it takes no path");
  if (!path && takes_path) fail(codes::L7012, "owns weights: it lacks their path");
  if (!outputs.empty() && !takes_shape) fail(codes::L7012, "takes no shape behind `->`");
  return !failed;
}

Node OperationCall::node(Op op, const std::vector<Flow>& inputs) const {
  Node node;
  node.op = op;
  for (const Flow& input : inputs) node.inputs.push_back(input.id);
  node.span = graph.span;
  return node;
}

// `like` gives the stream and whether the value is constant or a routing.
Term OperationCall::emit(Node node, Dims dims, const Value& like) {
  Value value = like;
  value.dims = std::move(dims);
  return {elaborator.emit(std::move(node), {std::move(value)})[0]};
}

MakeOperation find_operation(std::string_view name) {
  for (auto* table : {&weight_operations(), &mixing_operations(), &shape_operations(), &elementwise_operations(),
                      &constant_operations()}) {
    for (const auto& [each, make] : *table)
      if (each == name) return make;
  }
  return nullptr;
}

std::vector<std::string> operation_names() {
  std::vector<std::string> names{"dispatch"};
  for (auto* table : {&weight_operations(), &mixing_operations(), &shape_operations(), &elementwise_operations(),
                      &constant_operations()}) {
    for (const auto& [name, make] : *table) names.emplace_back(name);
  }
  return names;
}

}  // namespace lcr::elaboration
