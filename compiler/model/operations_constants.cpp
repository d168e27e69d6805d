#include <fmt/format.h>

#include <cmath>

#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/operations.h"
#include "compiler/model/rotary.h"

// Functions of configuration values: they make no node.
namespace lcr::elaboration {
namespace {

// The argument, or null when it is absent or was reported.
const Term* constant(OperationCall& call, size_t place, std::string_view name) {
  const Term* term = call.at(place, name);
  if (!term) call.fail(codes::L7012, fmt::format("lacks the argument `{}`", name));
  return term;
}

Term length(OperationCall& call) {
  const Term* term = constant(call, 0, "list");
  if (!call.complete(false, false)) return {Poison{}};
  if (term->is<Missing>()) return *term;
  if (auto* list = term->as<List>()) return {static_cast<int64_t>((*list)->size())};
  if (auto* text = term->as<std::string>()) return {static_cast<int64_t>(text->size())};
  return call.fail(codes::L7012, fmt::format("wants a list or a text, this is {}", kind_of(*term)));
}

Term position(OperationCall& call) {
  const Term *list = constant(call, 0, "list"), *item = constant(call, 1, "item");
  if (!call.complete(false, false)) return {Poison{}};
  if (auto* items = list->as<List>()) {
    for (size_t i = 0; i < (*items)->size(); ++i)
      if (equal((**items)[i], *item)) return {static_cast<int64_t>(i)};
    return call.fail(codes::L7017, fmt::format("finds no {} in the list", spelled(*item)));
  }
  return call.fail(codes::L7012, fmt::format("wants a list, this is {}", kind_of(*list)));
}

Term real_function(OperationCall& call, double (*function)(double), double lowest) {
  const Term* term = constant(call, 0, "x");
  if (!call.complete(false, false)) return {Poison{}};
  if (term->is<Missing>()) return *term;
  if (!is_number(*term) || number_of(*term) < lowest)
    return call.fail(codes::L7017, fmt::format("has no value for {}", spelled(*term)));
  return {function(number_of(*term))};
}

Term root(OperationCall& call) {
  return real_function(call, [](double x) { return std::sqrt(x); }, 0);
}

Term logarithm(OperationCall& call) {
  return real_function(call, [](double x) { return std::log(x); }, 1e-300);
}

Term floor(OperationCall& call) {
  const Term* term = constant(call, 0, "x");
  if (!call.complete(false, false)) return {Poison{}};
  if (term->is<Missing>() || term->is<int64_t>()) return *term;
  if (!is_number(*term) || std::fabs(number_of(*term)) > 9e15)
    return call.fail(codes::L7017, fmt::format("has no value for {}", spelled(*term)));
  return {static_cast<int64_t>(std::floor(number_of(*term)))};
}

// Whether the checkpoint stores a tensor of this name.
Term present(OperationCall& call) {
  if (!call.complete(true, false)) return {Poison{}};
  return {call.elaborator.stored(*call.path)};
}

Term sized(OperationCall& call, Mask::Kind kind) {
  const int64_t size = call.whole(0, "size");
  if (!call.complete(false, false)) return {Poison{}};
  if (size < 1) return call.fail(codes::L7012, "wants at least one key");
  return {Mask{kind, size, {}}};
}

// `either(mask, none)` is the mask itself.
Term either(OperationCall& call) {
  const Term *a = constant(call, 0, "a"), *b = constant(call, 1, "b");
  if (!call.complete(false, false)) return {Poison{}};
  for (const Term* term : {a, b})
    if (!term->is<Mask>() && !term->is<Nothing>())
      return call.fail(codes::L7012, fmt::format("wants masks, this is {}", kind_of(*term)));
  if (b->is<Nothing>()) return *a;
  if (a->is<Nothing>()) return *b;
  return {Mask{Mask::Kind::Either, 0, {*a->as<Mask>(), *b->as<Mask>()}}};
}

}  // namespace

const OperationTable& constant_operations() {
  static const OperationTable table{
      {"length", length},
      {"position", position},
      {"sqrt", root},
      {"log", logarithm},
      {"floor", floor},
      {"present", present},
      {"window", [](OperationCall& call) { return sized(call, Mask::Kind::Window); }},
      {"chunk", [](OperationCall& call) { return sized(call, Mask::Kind::Chunk); }},
      {"image_window", [](OperationCall& call) { return sized(call, Mask::Kind::ImageWindow); }},
      {"either", either},
      {"rotary", make_rotary},
  };
  return table;
}

}  // namespace lcr::elaboration
