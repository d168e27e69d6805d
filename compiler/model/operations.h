#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/model/elaborator.h"

namespace lcr::elaboration {

// A call of an operation with its arguments evaluated. The readers below report what does not fit and mark the call
// as failed; a failed call gives poison.
struct OperationCall {
  Elaborator& elaborator;
  const syntax::Graph& graph;
  std::optional<std::string> path;
  std::vector<Term> positional;
  std::vector<std::pair<const syntax::Name*, Term>> named;
  std::vector<Dims> outputs;  // behind `->`
  bool several = false;       // `-> (a, b)`
  bool failed = false;
  size_t read = 0;                            // positional arguments that were asked for
  std::vector<std::string> asked;             // names that were asked for

  Term fail(Code code, std::string message, std::vector<std::string> helps = {});

  // The argument at a place, or by its name when fewer stand there; null when it is not given.
  const Term* at(size_t place, std::string_view name);
  const Term* named_or_null(std::string_view name);

  Flow flow(size_t place, std::string_view name);
  std::optional<Flow> optional_flow(std::string_view name);
  int64_t whole(size_t place, std::string_view name);
  int64_t whole(std::string_view name, int64_t otherwise);
  double real(std::string_view name, double otherwise);
  bool truth(std::string_view name, bool otherwise);
  // One of the words, the first when the argument is not given.
  std::string word(std::string_view name, const std::vector<std::string>& words);
  Compute compute(const std::vector<std::string>& words);
  std::vector<int64_t> wholes(size_t place, std::string_view name);

  const Value& value(Flow flow) const { return elaborator.value(flow); }
  // The shape behind `->`, which must be one; its last dimension is the operation's width.
  const Dims& output();

  // Reports arguments, paths and shapes that nothing asked for.
  bool complete(bool takes_path, bool takes_shape);

  Node node(Op op, const std::vector<Flow>& inputs) const;
  Term emit(Node node, Dims dims, const Value& like);
};

using MakeOperation = Term (*)(OperationCall&);

// Null when there is none.
MakeOperation find_operation(std::string_view name);
std::vector<std::string> operation_names();

// The tables of the files that define them.
using OperationTable = std::vector<std::pair<std::string_view, MakeOperation>>;
const OperationTable& weight_operations();     // linear, norms, embeddings, convolutions
const OperationTable& mixing_operations();     // attend, rope, top_k, recurrences
const OperationTable& shape_operations();      // split, view, concat, streams
const OperationTable& elementwise_operations();
const OperationTable& constant_operations();   // of configuration values

}  // namespace lcr::elaboration
