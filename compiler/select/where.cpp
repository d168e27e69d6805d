#include <cmath>

#include "compiler/diagnostics/check.h"
#include "compiler/select/evaluate.h"

namespace lcr {
namespace {

double run(const std::vector<WhereTerm::Instruction>& program, const Module& module, int64_t params) {
  using Op = WhereTerm::Op;
  std::vector<double> stack;
  for (const WhereTerm::Instruction& step : program) {
    switch (step.op) {
      case Op::In: stack.push_back(static_cast<double>(module.in)); continue;
      case Op::Out: stack.push_back(static_cast<double>(module.out)); continue;
      case Op::Params: stack.push_back(static_cast<double>(params)); continue;
      case Op::Number: stack.push_back(step.number); continue;
      default: break;
    }
    LCR_CHECK(stack.size() >= 2, "a comparison's program is not postfix");
    const double right = stack.back();
    stack.pop_back();
    double& left = stack.back();
    if (step.op == Op::Add) left += right;
    else if (step.op == Op::Subtract) left -= right;
    else if (step.op == Op::Multiply) left *= right;
    else if (step.op == Op::Divide) left /= right;
    else left = std::fmod(left, right);
  }
  LCR_CHECK(stack.size() == 1, "a comparison's program leaves no single value");
  return stack.back();
}

}  // namespace

int64_t parameter_count(const TemplateModule& module) {
  int64_t total = 0;
  for (const TemplateModule::Tensor& tensor : module.tensors) {
    int64_t elements = 1;
    for (int64_t extent : tensor.shape) elements *= extent;
    total += elements;
  }
  return total;
}

// A module without a width satisfies nothing that names it. Division by zero gives NaN or infinity, which satisfy
// nothing but `!=`.
bool satisfies(const WhereTerm& term, const ModelGraph& graph, const Module& module) {
  for (const auto* side : {&term.left, &term.right})
    for (const WhereTerm::Instruction& step : *side)
      if ((step.op == WhereTerm::Op::In && module.in == 0) || (step.op == WhereTerm::Op::Out && module.out == 0))
        return false;
  const int64_t params = parameter_count(graph.declaration(module));
  const double left = run(term.left, module, params), right = run(term.right, module, params);
  if (term.comparator == "==") return left == right;
  if (term.comparator == "!=") return left != right;
  if (term.comparator == "<") return left < right;
  if (term.comparator == "<=") return left <= right;
  if (term.comparator == ">") return left > right;
  return left >= right;
}

}  // namespace lcr
