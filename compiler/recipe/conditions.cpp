#include "compiler/recipe/conditions.h"

#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"

namespace lcr::binding {
namespace {

using Op = WhereTerm::Op;

// in, out: extents of a weight; params: their product.
std::optional<Op> size_named(const std::string& name) {
  if (name == "in") return Op::In;
  if (name == "out") return Op::Out;
  if (name == "params") return Op::Params;
  return std::nullopt;
}

Op operation_named(const std::string& sign) {
  switch (sign[0]) {
    case '+': return Op::Add;
    case '-': return Op::Subtract;
    case '*': return Op::Multiply;
    case '/': return Op::Divide;
    default: return Op::Modulo;
  }
}

// Appends the postfix program of one side: operands first, then the operation. False after a report. A division by a
// size that turns out to be zero is found when the condition is evaluated.
bool append(Binder& binder, const syntax::Arithmetic& node, std::vector<WhereTerm::Instruction>& program) {
  switch (node.kind) {
    case syntax::Arithmetic::Kind::Number: program.push_back({Op::Number, node.number}); return true;
    case syntax::Arithmetic::Kind::Name: {
      std::optional<Op> size = size_named(node.text);
      if (!size) {
        Diagnostic& diagnostic =
            binder.report(codes::L2032, node.span, fmt::format("a module has no size `{}`", node.text));
        suggest(diagnostic, node.text, {"in", "out", "params"});
        return false;
      }
      program.push_back({*size, 0});
      return true;
    }
    case syntax::Arithmetic::Kind::Binary: {
      bool divides = node.text == "/" || node.text == "%";
      const syntax::Arithmetic& right = node.operands[1];
      if (divides && right.kind == syntax::Arithmetic::Kind::Number && right.number == 0) {
        binder.report(codes::L2031, right.span, "a size is divided by zero");
        return false;
      }
      if (!append(binder, node.operands[0], program) || !append(binder, right, program)) return false;
      program.push_back({operation_named(node.text), 0});
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<WhereTerm> read_condition(Binder& binder, const syntax::Comparison& comparison) {
  WhereTerm term;
  term.comparator = comparison.comparator;
  bool left = append(binder, comparison.sides[0], term.left);
  bool right = append(binder, comparison.sides[1], term.right);
  if (!left || !right) return std::nullopt;
  return term;
}

}  // namespace lcr::binding
