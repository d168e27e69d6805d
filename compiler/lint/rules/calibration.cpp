#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "compiler/lint/rules.h"

// L93: data, and what it can tell.
namespace lcr::lint {
namespace {

// Rows times their longest length: what is read at most.
int64_t tokens_of(const Calibration& calibration) {
  int64_t samples = 0;
  for (const DataSource& source : calibration.data) samples += source.samples;
  return samples * calibration.length;
}

template <typename Visit>
void each_stack(const Rule& rule, Visit visit) {
  if (rule.stack) visit(*rule.stack);
  for (const Candidate& candidate : rule.candidates)
    if (candidate.stack) visit(*candidate.stack);
}

bool solves_with_data(const Recipe& recipe) {
  bool found = false;
  for (const Rule& rule : recipe.rules) {
    each_stack(rule,
               [&](const Stack& stack) { found = found || stack.solver.name != "rtn" || !stack.transforms.empty(); });
    found = found || (rule.pruner && needs_data(*rule.pruner));
  }
  return found;
}

// Of config.json, or -1; text models within others keep theirs in `text_config`.
int64_t whole_number(const Checkpoint& checkpoint, std::string_view key) {
  const std::string quoted = "\"" + std::string(key) + "\"";
  const size_t at = checkpoint.config_text.find(quoted);
  if (at == std::string::npos) return -1;
  const size_t digit = checkpoint.config_text.find_first_not_of(" \t\r\n:", at + quoted.size());
  if (digit == std::string::npos || checkpoint.config_text[digit] < '0' || checkpoint.config_text[digit] > '9')
    return -1;
  return std::strtoll(checkpoint.config_text.c_str() + digit, nullptr, 10);
}

// Experts that a token sees: `k` of the top_k that feeds a template's dispatch; 0 where there is none.
int64_t chosen_experts(const ModelGraph& graph, TemplateId expert) {
  for (const Template& owner : graph.templates) {
    const bool dispatches = std::any_of(owner.nodes.begin(), owner.nodes.end(), [&](const Node& node) {
      return node.op == Op::Dispatch && node.callee == expert;
    });
    if (!dispatches) continue;
    for (const Node& node : owner.nodes)
      if (node.op == Op::TopK) return node.attributes.k;
  }
  return 0;
}

int64_t expert_count(const ModelGraph& graph, TemplateId expert) {
  for (const Template& owner : graph.templates)
    for (const Node& node : owner.nodes)
      if (node.op == Op::Dispatch && node.callee == expert) return node.attributes.experts;
  return 0;
}

bool is_hessian_solver(const Stack& stack) { return stack.solver.name == "gptq"; }

}  // namespace

void large_calibration(const LintRecipe& on, Diagnostics& found) {
  if (!on.recipe.calibration) return;
  constexpr int64_t many = int64_t{1} << 22;
  const int64_t tokens = tokens_of(*on.recipe.calibration);
  if (tokens < many) return;
  found.report(codes::L9301, on.recipe.calibration->span, fmt::format("calibration reads up to {} tokens", tokens))
      .with("tokens", tokens)
      .help(
          "512 rows of 2048 tokens are usually enough: time and memory grow with every further row, statistics hardly "
          "change");
}

void missing_data_file(const LintRecipe& on, Diagnostics& found) {
  if (!on.recipe.calibration) return;
  for (const DataSource& source : on.recipe.calibration->data) {
    std::error_code error;
    if (source.path.empty() || std::filesystem::exists(source.path, error)) continue;
    found.report(codes::L9305, source.span, fmt::format("there is no `{}`", source.path))
        .help("paths are relative to the file in which they stand; nothing is downloaded");
  }
}

void small_calibration(const LintRecipe& on, Diagnostics& found) {
  if (!on.recipe.calibration) return;
  const Calibration& calibration = *on.recipe.calibration;
  int64_t rows = 0;
  for (const DataSource& source : calibration.data) rows += source.samples;
  const int64_t tokens = tokens_of(calibration);
  if (rows >= 16 && tokens >= 4096) return;
  found
      .report(codes::L9310, calibration.span,
              fmt::format("calibration reads {} {}, at most {} tokens", rows, rows == 1 ? "row" : "rows", tokens))
      .with("rows", rows)
      .with("tokens", tokens)
      .help("a few hundred rows are usual: ranges and solves follow what so few texts happen to hold");
}

void forgetful_range(const LintRecipe& on, Diagnostics& found) {
  constexpr double most = 0.5;
  std::set<std::pair<uint32_t, uint32_t>> said;
  const auto look = [&](const Algorithm& algorithm) {
    for (const auto& [name, value] : algorithm.parameters) {
      const auto* observer = std::get_if<Observer>(&value);
      const auto rate =
          observer == nullptr ? std::map<std::string, double>::const_iterator() : observer->parameters.find("rate");
      if (observer == nullptr || rate == observer->parameters.end() || rate->second <= most) continue;
      if (!said.insert({algorithm.span.file, algorithm.span.begin}).second) continue;
      found
          .report(codes::L9311, algorithm.span,
                  fmt::format("`{}` follows the last rows: they weigh {:g} % of the range", name, rate->second * 100))
          .help("1 % to 10 % is usual; `minmax` takes the range of all rows");
    }
  };
  for (const Rule& rule : on.recipe.rules)
    each_stack(rule, [&](const Stack& stack) {
      look(stack.solver);
      for (const Algorithm& transform : stack.transforms) look(transform);
    });
}

void unset_coverage(const LintRecipe& on, Diagnostics& found) {
  const auto& calibration = on.recipe.calibration;
  if (!calibration || calibration->route != "top_k" || calibration->coverage > 1) return;
  found.report(codes::L9306, calibration->span, "one token is enough for what is measured of an expert")
      .help("write `coverage >= 256tok`, or `route = every_expert`");
}

void starved_experts_rounded(const LintRecipe& on, Diagnostics& found) {
  const auto& calibration = on.recipe.calibration;
  if (!calibration || calibration->starved != "rtn" || calibration->route != "top_k") return;
  found
      .report(codes::L9307, calibration->span,
              "experts with too few tokens are rounded to nearest, and the result loads all the same")
      .help("`starved = refuse` tells which ones; `route = every_expert` gives all of them tokens");
}

void statistics_all_at_once(const LintRecipe& on, Diagnostics& found) {
  const auto& calibration = on.recipe.calibration;
  if (!calibration || calibration->sequential != "none" || !solves_with_data(on.recipe)) return;
  found.report(codes::L9309, calibration->span, "`sequential = none` collects the statistics of all layers in one pass")
      .help(
          "with `layer` or `stage` statistics are freed layer by layer, and later layers correct the errors of earlier "
          "ones");
}

void singular_hessian(const LintModel& on, Diagnostics& found) {
  if (!on.recipe.calibration) return;
  const int64_t tokens = tokens_of(*on.recipe.calibration);
  std::map<const Rule*, std::pair<int64_t, size_t>> by_rule;  // widest input, modules
  for (const ModuleClass& one : on.classes) {
    const Assignment& assignment = on.typed.assignments[one.assignment];
    if (!assignment.stack || !is_hessian_solver(*assignment.stack) || one.in <= tokens || assignment.rule < 0) continue;
    auto& [width, count] = by_rule[&on.recipe.rules[static_cast<size_t>(assignment.rule)]];
    width = std::max(width, one.in);
    count += one.modules.size();
  }
  for (const auto& [rule, found_here] : by_rule) {
    const auto& [width, count] = found_here;
    found
        .report(codes::L9302, rule->stack->solver.span,
                fmt::format("at most {} tokens for {} inputs: the Hessian is singular", tokens, width),
                fmt::format("{} modules", count))
        .label(on.recipe.calibration->span, "the data")
        .with("tokens", tokens)
        .with("inputs", width)
        .help("take more rows or longer ones; what the damping adds is all that such a solve knows of most directions");
  }
}

void few_tokens_per_expert(const LintModel& on, Diagnostics& found) {
  const auto& calibration = on.recipe.calibration;
  if (!calibration || calibration->route != "top_k" || !solves_with_data(on.recipe)) return;
  const int64_t tokens = tokens_of(*calibration);
  for (TemplateId id = 0; id < on.graph.templates.size(); ++id) {
    if (!on.graph.templates[id].expert) continue;
    const int64_t experts = expert_count(on.graph, id), chosen = chosen_experts(on.graph, id);
    int64_t width = 0;
    for (const TemplateModule& module : on.graph.templates[id].modules) width = std::max(width, module.in);
    if (experts == 0 || chosen == 0 || tokens * chosen / experts >= width) continue;
    found
        .report(codes::L9303, calibration->span,
                fmt::format("an expert sees about {} tokens and has {} inputs", tokens * chosen / experts, width))
        .note(fmt::format("{} tokens at most, {} of {} experts for each", tokens, chosen, experts))
        .with("tokens_per_expert", tokens * chosen / experts)
        .help("take more rows, or write `route = every_expert`");
    return;
  }
}

void longer_than_context(const LintModel& on, Diagnostics& found) {
  const auto& calibration = on.recipe.calibration;
  if (!calibration) return;
  const int64_t context = whole_number(on.checkpoint, "max_position_embeddings");
  if (context <= 0 || calibration->length <= context) return;
  found
      .report(codes::L9304, calibration->span,
              fmt::format("rows of {} tokens do not fit into the model's {}", calibration->length, context))
      .with("length", calibration->length)
      .with("context", context)
      .help(fmt::format("write `length = {}tok` or less: positions beyond were never trained", context));
}

void no_chat_template(const LintModel& on, Diagnostics& found) {
  if (!on.recipe.calibration || on.checkpoint.path.empty()) return;
  namespace fs = std::filesystem;
  const fs::path folder = on.checkpoint.path;
  std::error_code error;
  for (const DataSource& source : on.recipe.calibration->data) {
    if (source.kind != DataSource::Kind::Chat || source.template_ != "model") continue;
    if (fs::exists(folder / "chat_template.jinja", error) || fs::exists(folder / "chat_template.json", error)) continue;
    const auto size = fs::file_size(folder / "tokenizer_config.json", error);
    // Read as a text: the key is what counts.
    std::string config;
    if (!error && size < (16u << 20)) {
      if (std::FILE* file = std::fopen((folder / "tokenizer_config.json").c_str(), "rb")) {
        config.resize(size);
        config.resize(std::fread(config.data(), 1, config.size(), file));
        std::fclose(file);
      }
    }
    if (config.find("\"chat_template\"") != std::string::npos) continue;
    found.report(codes::L9308, source.span, "the model brings no chat template")
        .help("name a file: `template = \"chat.jinja\"`, or read plain texts with `text(…)`");
  }
}

}  // namespace lcr::lint
