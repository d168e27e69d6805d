#include <random>

#include <gtest/gtest.h>

#include "planner/verify/verify.h"
#include "tests/unit/planner/tiny_model.h"

namespace lcr::test {
namespace {

struct Sample {
  TinyModel model;
  Plan plan;
};

std::vector<Sample> samples() {
  std::vector<Sample> made;
  for (int kind = 0; kind < 4; ++kind) {
    TinyOptions options;
    options.experts = kind == 1 ? 6 : 0, options.stacked = kind == 2, options.shards = 1 + kind, options.copied = 3;
    if (kind == 2) options.experts = 4;
    options.tied = kind == 3, options.biased = kind == 0, options.fp8 = kind == 3;
    TinyModel model = tiny_model(options);
    auto plan = plan_of(model, linears_as(model, kind % 2 == 0 ? nvfp4() : w4a16()));
    EXPECT_TRUE(plan);
    if (plan) made.push_back({std::move(model), std::move(*plan)});
  }
  return made;
}

Job& any_job(Plan& plan, std::mt19937& random) {
  Unit& unit = plan.units[random() % plan.units.size()];
  return unit.jobs[random() % unit.jobs.size()];
}
Operation& any_operation(Plan& plan, std::mt19937& random) {
  Job& job = any_job(plan, random);
  return job.operations[random() % job.operations.size()];
}
OutputShard& any_shard(Plan& plan, std::mt19937& random) {
  return plan.exports[0].shards[random() % plan.exports[0].shards.size()];
}

// Each changes what a plan does or promises; one that could not change this plan gives false.
using Mutation = bool (*)(Plan&, std::mt19937&);
const std::vector<std::pair<const char*, Mutation>> mutations{
    {"a job is gone",
     [](Plan& plan, std::mt19937& random) {
       Unit& unit = plan.units[random() % plan.units.size()];
       unit.jobs.erase(unit.jobs.begin() + ptrdiff_t(random() % unit.jobs.size()));
       return true;
     }},
    {"a job stands twice",
     [](Plan& plan, std::mt19937& random) {
       Unit& unit = plan.units[random() % plan.units.size()];
       unit.jobs.push_back(unit.jobs[random() % unit.jobs.size()]);
       return true;
     }},
    {"a module is gone",
     [](Plan& plan, std::mt19937& random) {
       Job& job = any_job(plan, random);
       auto& names = job.modules.empty() ? job.tensors : job.modules;
       names.pop_back();
       return true;
     }},
    {"a module has another name",
     [](Plan& plan, std::mt19937& random) {
       Job& job = any_job(plan, random);
       (job.modules.empty() ? job.tensors : job.modules)[0] += "x";
       return true;
     }},
    {"an instance is gone",
     [](Plan& plan, std::mt19937&) {
       plan.units.back().instances.pop_back();
       return true;
     }},
    {"an instance stands twice",
     [](Plan& plan, std::mt19937&) {
       plan.units.back().instances.push_back(plan.units.back().instances[0]);
       return true;
     }},
    {"an expert is gone",
     [](Plan& plan, std::mt19937& random) {
       Job& job = any_job(plan, random);
       if (job.experts < 2) return false;
       --job.experts;
       return true;
     }},
    {"an operation comes too early",
     [](Plan& plan, std::mt19937& random) {
       Job& job = any_job(plan, random);
       std::swap(job.operations.front(), job.operations.back());
       return true;
     }},
    {"an operation waits for nothing",
     [](Plan& plan, std::mt19937& random) {
       Operation& operation = any_operation(plan, random);
       if (operation.after.empty()) return false;
       operation.after.clear();
       return true;
     }},
    {"bytes are lost",
     [](Plan& plan, std::mt19937& random) {
       Operation& operation = any_operation(plan, random);
       if (operation.bytes_out == 0) return false;
       operation.bytes_out -= 1;
       return true;
     }},
    {"bytes come from nowhere",
     [](Plan& plan, std::mt19937& random) {
       any_operation(plan, random).bytes_in += 8;
       return true;
     }},
    {"a tile holds more",
     [](Plan& plan, std::mt19937& random) {
       any_operation(plan, random).live += int64_t{1} << 33;
       return true;
     }},
    {"there are more workers",
     [](Plan& plan, std::mt19937&) {
       plan.workers += 3;
       return true;
     }},
    {"the budget is smaller",
     [](Plan& plan, std::mt19937&) {
       plan.budget.host = plan.predicted.host_peak - 1;
       return true;
     }},
    {"a run is gone",
     [](Plan& plan, std::mt19937& random) {
       OutputShard& shard = any_shard(plan, random);
       shard.runs.erase(shard.runs.begin() + ptrdiff_t(random() % shard.runs.size()));
       return true;
     }},
    {"a run stands twice",
     [](Plan& plan, std::mt19937& random) {
       OutputShard& shard = any_shard(plan, random);
       shard.runs.push_back(shard.runs[random() % shard.runs.size()]);
       return true;
     }},
    {"a run is longer",
     [](Plan& plan, std::mt19937& random) {
       OutputShard& shard = any_shard(plan, random);
       shard.runs[random() % shard.runs.size()].last_job += 1;
       return true;
     }},
    {"a run leads nowhere",
     [](Plan& plan, std::mt19937& random) {
       OutputShard& shard = any_shard(plan, random);
       shard.runs[random() % shard.runs.size()].unit = 99;
       return true;
     }},
    {"a file has other bytes",
     [](Plan& plan, std::mt19937& random) {
       any_shard(plan, random).bytes += 8;
       return true;
     }},
    {"a file has other tensors",
     [](Plan& plan, std::mt19937& random) {
       any_shard(plan, random).tensors += 1;
       return true;
     }},
    {"a file leaves its folder",
     [](Plan& plan, std::mt19937& random) {
       any_shard(plan, random).file = "../x.safetensors";
       return true;
     }},
    {"the written bytes differ",
     [](Plan& plan, std::mt19937&) {
       plan.predicted.bytes_written += 1;
       return true;
     }},
    {"the read bytes differ",
     [](Plan& plan, std::mt19937&) {
       plan.predicted.bytes_read -= 1;
       return true;
     }},
    {"a precision is unknown",
     [](Plan& plan, std::mt19937&) {
       plan.precisions.clear();
       return true;
     }},
    {"a precision cannot be stored",
     [](Plan& plan, std::mt19937&) {
       plan.precisions.begin()->second.weights->scale = ScaleType::E8M0;
       return true;
     }},
    {"groups do not divide",
     [](Plan& plan, std::mt19937&) {
       Format& format = *plan.precisions.begin()->second.weights;
       if (format.element != Element::Int) return false;
       format.group = 96;
       return true;
     }},
    {"codes have another width",
     [](Plan& plan, std::mt19937&) {
       Format& format = *plan.precisions.begin()->second.weights;
       if (format.element != Element::Int) return false;
       format.bits = 5;
       return true;
     }},
    {"a tied weight is not shared",
     [](Plan& plan, std::mt19937&) {
       plan.untied.push_back("lm_head");
       return plan.model == "tiny" && plan.exports[0].shards.size() == 4;
     }},
    {"the dtype differs",
     [](Plan& plan, std::mt19937&) {
       plan.exports[0].dtype = "f32";
       return true;
     }},
};

TEST(Verify, AcceptsEveryPlanThatIsMade) {
  for (const Sample& sample : samples())
    EXPECT_EQ(verify_plan(sample.plan, sample.model.graph, sample.model.checkpoint), std::vector<std::string>{});
}

TEST(Verify, FindsEveryMutation) {
  std::mt19937 random(3);
  for (const Sample& sample : samples()) {
    for (const auto& [name, mutate] : mutations) {
      for (int i = 0; i < 12; ++i) {
        Plan plan = sample.plan;
        if (!mutate(plan, random)) continue;
        EXPECT_FALSE(verify_plan(plan, sample.model.graph, sample.model.checkpoint).empty()) << name;
      }
    }
  }
}

TEST(Verify, ComparesWithTheModelThatIsThere) {
  TinyOptions options;
  const TinyModel model = tiny_model(options);
  const auto plan = plan_of(model, linears_as(model, w4a16()));
  ASSERT_TRUE(plan);
  options.layers = 5;
  const TinyModel deeper = tiny_model(options);
  EXPECT_FALSE(verify_plan(*plan, deeper.graph, deeper.checkpoint).empty());
  options.layers = 4, options.hidden = 384;
  const TinyModel wider = tiny_model(options);
  EXPECT_FALSE(verify_plan(*plan, wider.graph, wider.checkpoint).empty());
}

}  // namespace
}  // namespace lcr::test
