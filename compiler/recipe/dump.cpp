#include "compiler/recipe/dump.h"

#include <fmt/format.h>

#include "compiler/language/format_rules.h"
#include "compiler/language/units.h"

namespace lcr {
namespace {

std::string range_text(const LayersTerm::Range& range) {
  std::string text =
      range.first == range.last ? fmt::format("{}", range.first) : fmt::format("{}..{}", range.first, range.last);
  return range.step == 1 ? text : fmt::format("{} by {}", text, range.step);
}

// The program of one side in parentheses that need no precedence.
std::string side_text(const std::vector<WhereTerm::Instruction>& program) {
  using Op = WhereTerm::Op;
  std::vector<std::string> stack;
  for (const WhereTerm::Instruction& instruction : program) {
    switch (instruction.op) {
      case Op::In: stack.push_back("in"); continue;
      case Op::Out: stack.push_back("out"); continue;
      case Op::Params: stack.push_back("params"); continue;
      case Op::Number: stack.push_back(number_text(instruction.number)); continue;
      default: break;
    }
    static constexpr const char* signs[] = {"+", "-", "*", "/", "%"};
    std::string right = std::move(stack.back());
    stack.pop_back();
    stack.back() = fmt::format("({} {} {})", stack.back(), signs[int(instruction.op) - int(Op::Add)], right);
  }
  return stack.empty() ? "" : stack.back();
}

// Selections in the spelling of the language, every set in parentheses.
struct TermText {
  const Recipe& recipe;

  std::string operator()(const GlobTerm& term) const { return fmt::format("`{}`", term.pattern); }
  std::string operator()(const RegexTerm& term) const { return fmt::format("re`{}`", term.pattern); }
  std::string operator()(const TypeTerm& term) const { return fmt::format("type({})", term.kind); }
  std::string operator()(const RoleTerm& term) const { return fmt::format("role({})", term.role); }
  std::string operator()(const NamedTerm& term) const {
    const std::string& name = recipe.selections[term.index].name;
    return name.empty() ? fmt::format("selection {}", term.index) : name;
  }
  std::string operator()(const LayersTerm& term) const {
    std::string text;
    for (const LayersTerm::Range& range : term.ranges) text += (text.empty() ? "" : ", ") + range_text(range);
    return fmt::format("layers({})", text);
  }
  std::string operator()(const WhereTerm& term) const {
    return fmt::format("where({} {} {})", side_text(term.left), term.comparator, side_text(term.right));
  }
  std::string operator()(const SetTerm& term) const {
    static constexpr const char* signs[] = {" | ", " & ", " except "};
    std::string text;
    for (const Selection& operand : term.operands)
      text += (text.empty() ? "" : signs[int(term.kind)]) + to_string(operand, recipe);
    return fmt::format("({})", text);
  }
};

std::string place_text(const Sources& sources, Span span) {
  return fmt::format("{}:{}", sources.file(span).name(), sources.file(span).position(span.begin).line);
}

std::string amount_text(const Amount& amount) {
  return amount.share ? fmt::format(" by {}", ratio_text(*amount.share))
                      : fmt::format(" to {}:{}", amount.keep, amount.of);
}

// All parameters of the stack, defaults too.
std::string rule_text(const Rule& rule, const Recipe& recipe) {
  static constexpr const char* verbs[] = {"keep", "quantize", "prune"};
  std::string text = fmt::format("{}{} {}", rule.overriding ? "override " : "", verbs[int(rule.verb)],
                                 to_string(rule.selection, recipe));
  if (rule.precision) text += fmt::format(" as {} {}", rule.precision->name, to_string(*rule.precision));
  if (rule.cache) text += " as " + to_string(*rule.cache, false);
  if (rule.amount) text += amount_text(*rule.amount);
  if (rule.stack) text += "\n    with " + to_string(*rule.stack, true);
  if (rule.pruner) text += "\n    with " + to_string(*rule.pruner, true);
  for (const Candidate& candidate : rule.candidates) {
    text += "\n    or " + (candidate.precision
                               ? fmt::format("{} {}", candidate.precision->name, to_string(*candidate.precision))
                               : "keep");
    if (candidate.stack) text += " with " + to_string(*candidate.stack, true);
  }
  return text;
}

std::string calibration_text(const Calibration& calibration) {
  static constexpr const char* kinds[] = {"text", "chat", "tokens", "tensors"};
  std::string text = "calibrate\n";
  for (const DataSource& source : calibration.data) {
    text +=
        fmt::format("  data = {}({}, field = {}, template = {}, mask = {}, samples = {})\n", kinds[int(source.kind)],
                    source.path, source.field, source.template_, source.mask, source.samples);
  }
  text += fmt::format("  length = {}tok  pick = {}", calibration.length, calibration.pick);
  if (calibration.pick == "random") text += fmt::format("(seed = {})", calibration.seed);
  text += fmt::format("  fit = {}  sequential = {}  route = {}  coverage >= {}tok  starved = {}\n", calibration.fit,
                      calibration.sequential.value_or("default"), calibration.route.value_or("none"), calibration.coverage,
                      calibration.starved);
  return text;
}

std::string budget_text(const Budget& budget, const Recipe& recipe) {
  std::string text = "budget\n";
  for (const BudgetLimit& limit : budget.limits) {
    text += fmt::format("  {} <= {}{}\n", limit.what, number_text(limit.limit),
                        limit.over ? " over " + to_string(*limit.over, recipe) : "");
  }
  for (const Selection& selection : budget.together)
    text += fmt::format("  together {}\n", to_string(selection, recipe));
  return text + fmt::format("  score = {}(samples = {})\n", budget.score, budget.samples);
}

std::string size_text(const std::optional<int64_t>& bytes) { return bytes ? bytes_text(*bytes) : "all"; }

std::string schedule_text(const Schedule& schedule) {
  std::string text = "schedule\n";
  for (const DevicePlace& device : schedule.devices) {
    text += fmt::format("  device {}{}  memory <= {}  reserve = {}\n", device.kind,
                        device.ids.empty() ? "" : fmt::format("({})", fmt::join(device.ids, ", ")),
                        size_text(device.memory), bytes_text(device.reserve));
  }
  if (schedule.host)
    text += fmt::format("  host  memory <= {}  pinned <= {}\n", size_text(schedule.host->memory),
                        size_text(schedule.host->pinned));
  for (const DiskPlace& disk : schedule.disks)
    text += fmt::format("  disk {}  memory <= {}\n", disk.path, size_text(disk.memory));
  return text + fmt::format("  checkpoint = every({})  workers = {}\n", duration_text(schedule.checkpoint_seconds),
                            schedule.workers ? fmt::format("{}", *schedule.workers) : "cores");
}

std::string outputs_text(const Recipe& recipe) {
  std::string text;
  for (const Serve& serve : recipe.serve) {
    text += fmt::format("serve {}  capability = [{}]  tensor_parallel = [{}]\n", serve.server,
                        fmt::join(serve.capabilities, ", "), fmt::join(serve.tensor_parallel, ", "));
  }
  for (const Export& item : recipe.exports) {
    text += fmt::format("export {}  dir = {}  shard = {}  dtype = {}\n",
                        item.format == Export::Format::Dense ? "dense" : "compressed_tensors", item.dir,
                        item.shard ? bytes_text(*item.shard) : "as the source", item.dtype.value_or("as stored"));
  }
  return text;
}

}  // namespace

std::string to_string(const Selection& selection, const Recipe& recipe) {
  return (selection.optional ? "optional " : "") + std::visit(TermText{recipe}, selection.term);
}

std::string to_string(const Recipe& recipe, const Sources& sources) {
  std::string text = fmt::format("{} {}\n", recipe.is_preset ? "preset" : "recipe", recipe.name);
  for (const NamedSelection& named : recipe.selections) {
    text += fmt::format("select {} = {}", named.name.empty() ? "-" : named.name, to_string(named.selection, recipe));
    text += named.expect ? fmt::format("  expect {}\n", *named.expect) : "\n";
  }
  if (recipe.calibration) text += calibration_text(*recipe.calibration);
  for (const Marked& mark : recipe.dequantize)
    text += fmt::format("dequantize {}\n", to_string(mark.selection, recipe));
  for (const Marked& mark : recipe.untie) text += fmt::format("untie {}\n", to_string(mark.selection, recipe));
  for (const TransformStatement& transform : recipe.transforms) {
    text += fmt::format("transform {}{}\n", to_string(transform.algorithm, true),
                        transform.on ? " on " + to_string(*transform.on, recipe) : "");
  }
  text += fmt::format("default {}\n", recipe.default_keep ? "keep" : "refuse");
  for (const Rule& rule : recipe.rules) {
    text += fmt::format("level {}, {}:\n  {}\n", rule.level, place_text(sources, rule.span), rule_text(rule, recipe));
  }
  if (recipe.budget) text += budget_text(*recipe.budget, recipe);
  if (recipe.schedule) text += schedule_text(*recipe.schedule);
  return text + outputs_text(recipe);
}

}  // namespace lcr
