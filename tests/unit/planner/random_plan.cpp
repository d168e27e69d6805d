#include "tests/unit/planner/random_plan.h"

#include <fmt/format.h>

namespace lcr::test {
namespace {

class Drawer {
 public:
  explicit Drawer(std::mt19937& random) : random_(random) {}

  int64_t below(int64_t limit) { return std::uniform_int_distribution<int64_t>(0, limit - 1)(random_); }
  int64_t bytes() { return below(int64_t{1} << below(50)); }
  double number() { return std::uniform_real_distribution<double>(0, 1)(random_) * double(bytes()); }
  bool maybe() { return below(2) == 0; }

  std::string text() {
    static const std::vector<std::string> odd{
        "",       "true",           "null", "~", "1.5", "7",  "a: b", "- x", "{e}",  "re:^a\\.b$", "#",    "ä\n\"'",
        "  lead", "model.layers.3", "@",    "[", "*a",  "&b", "!c",   "%",   "0x1F", ".nan",       "a #b", "end:"};
    if (below(3) == 0) return odd[size_t(below(int64_t(odd.size())))];
    std::string made;
    for (int64_t n = below(12); n >= 0; --n) made += char('a' + below(26));
    return made;
  }
  std::vector<std::string> texts(int64_t most) {
    std::vector<std::string> made(size_t(below(most + 1)));
    for (std::string& one : made) one = text();
    return made;
  }

  Format format() {
    Format made{Element(below(3)), int(1 + below(8)), Per(below(6))};
    if (maybe()) made.group = 1 + below(256);
    if (maybe()) made.block_rows = 1 + below(128), made.block_columns = 1 + below(128);
    made.symmetric = maybe(), made.global = maybe(), made.dynamic = maybe(), made.scale = ScaleType(below(6));
    return made;
  }
  Precision precision() {
    Precision made{text()};
    if (maybe()) made.weights = format();
    if (maybe()) made.input = format();
    if (maybe()) made.output = format();
    made.container = Container(below(3));
    return made;
  }
  ParameterValue parameter() {
    switch (below(6)) {
      case 0:
        return number();
      case 1:
        return bytes() - bytes();
      case 2:
        return text();
      case 3:
        return texts(3);
      case 4:
        return SelectionRef{size_t(below(100))};
      default:
        break;
    }
    Observer observer{"o" + text()};
    observer.exponent = text();
    if (maybe()) observer.parameters["from"] = number();
    if (maybe()) observer.parameters["norm"] = 2.4;
    return observer;
  }
  Algorithm algorithm() {
    Algorithm made;
    made.name = "a" + text();
    for (int64_t n = below(4); n > 0; --n) made.parameters[fmt::format("p{}", n)] = parameter();
    return made;
  }
  Stack stack() {
    Stack made;
    for (int64_t n = below(3); n > 0; --n) made.transforms.push_back(algorithm());
    made.solver = algorithm();
    return made;
  }
  Operation operation() {
    Operation made{OperationKind(below(8)), PlaceKind(below(3))};
    for (int64_t n = below(3); n > 0; --n) made.after.push_back(uint32_t(below(9)));
    made.bytes_in = bytes(), made.bytes_out = bytes(), made.live = bytes();
    if (maybe()) made.flops = number();
    return made;
  }
  Job job() {
    Job made;
    made.modules = texts(3), made.tensors = texts(3), made.matrices = texts(2);
    if (maybe()) made.first_expert = below(9), made.experts = 1 + below(300);
    made.precision = text(), made.stack = text(), made.dequantize = maybe();
    if (maybe()) made.folding = Folding(1 + below(2));
    made.tile_rows = below(5000), made.passes = 1 + int(below(3));
    for (int64_t n = below(4); n > 0; --n) made.operations.push_back(operation());
    return made;
  }
  Unit unit() {
    Unit made;
    made.name = text();
    if (maybe()) made.instances = texts(3);
    for (int64_t i = below(4), n = below(9); maybe() && n > 0; --n)
      made.instances.push_back(fmt::format("model.layers.{}.x", i++));
    for (int64_t n = below(4); n > 0; --n) made.jobs.push_back(job());
    return made;
  }
  PlannedExport exported() {
    PlannedExport made;
    made.format = text(), made.dir = text(), made.config_format = text(), made.bytes = bytes();
    if (maybe()) made.dtype = "bf16";
    for (int64_t n = below(3); n > 0; --n) made.groups.push_back({texts(3), text(), text()});
    made.ignore = texts(4);
    for (int64_t n = below(4); n > 0; --n) {
      OutputShard shard{text(), bytes(), below(1000)};
      for (int64_t r = below(4); r > 0; --r) {
        ShardRun run{uint32_t(below(9)), uint32_t(below(9)), uint32_t(below(9)), uint32_t(below(9))};
        if (maybe()) run.first_expert = below(4), run.last_expert = run.first_expert + below(9);
        shard.runs.push_back(run);
      }
      made.shards.push_back(std::move(shard));
    }
    return made;
  }

  PlannedAllocation allocation(std::mt19937& random) {
    PlannedAllocation made;
    made.measure = text(), made.samples = bytes(), made.score = number();
    made.request = random() * uint64_t{4294967297}, made.model = random(), made.data = random();
    for (int64_t n = below(3); n > 0; --n)
      made.limits.push_back({text(), text(), number(), number(), number(), number()});
    for (int64_t n = below(3); n > 0; --n) made.frontier.push_back({number(), number()});
    made.next = {number(), number()};
    for (int64_t n = below(3); n > 0; --n) {
      AllocatedGroup group{text(), 1 + below(99), bytes(), 0, {}, {}, {}};
      for (int64_t c = 1 + below(3); c > 0; --c)
        group.candidates.push_back(text()), group.bytes.push_back(bytes()), group.scores.push_back(number());
      group.chosen = uint32_t(below(int64_t(group.candidates.size())));
      made.groups.push_back(std::move(group));
    }
    return made;
  }

 private:
  std::mt19937& random_;
};

}  // namespace

Plan random_plan(std::mt19937& random) {
  Drawer draw(random);
  Plan plan;
  plan.tool = draw.text(), plan.recipe = draw.text(), plan.model = draw.text(), plan.architecture = draw.text(),
  plan.architecture_file = draw.text();
  for (int64_t n = draw.below(4); n > 0; --n)
    plan.origins.push_back({draw.text(), draw.text(), random() * uint64_t{4294967297}});
  plan.device = draw.text(), plan.workers = 1 + int(draw.below(64));
  plan.tile_bytes = 1 + draw.bytes(), plan.fixed_bytes = draw.bytes(), plan.checkpoint_seconds = draw.number() / 1e6;
  for (auto* limit : {&plan.budget.host, &plan.budget.pinned, &plan.budget.device, &plan.budget.disk})
    if (draw.maybe()) *limit = draw.bytes();
  plan.budget.reserve = draw.bytes();
  for (int64_t n = draw.below(3); n > 0; --n) plan.precisions[draw.text()] = draw.precision();
  for (int64_t n = draw.below(3); n > 0; --n) plan.stacks[draw.text()] = draw.stack();
  for (int64_t n = draw.below(4); n > 0; --n) plan.units.push_back(draw.unit());
  for (int64_t n = draw.below(3); n > 0; --n)
    plan.matrices[draw.text()] = {draw.text(), 1 + draw.below(1 << 16), draw.bytes()};
  if (draw.maybe()) plan.allocation = draw.allocation(random);
  plan.untied = draw.texts(2);
  for (int64_t n = draw.below(3); n > 0; --n) plan.exports.push_back(draw.exported());
  plan.predicted = {draw.bytes(), draw.bytes(), draw.bytes(), draw.bytes(), draw.number(), draw.number() / 1e6, {}};
  for (int64_t n = draw.below(4); n > 0; --n)
    plan.predicted.alternatives.push_back({draw.text(), draw.bytes(), draw.bytes(), draw.number() / 1e6, draw.text()});
  return plan;
}

}  // namespace lcr::test
