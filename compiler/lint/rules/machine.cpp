#include <cmath>

#include <fmt/format.h>

#include "compiler/lint/rules.h"
#include "compiler/lint/walk.h"

// L94: what a machine is said to have.
namespace lcr::lint {
namespace {

struct Decimal {
  std::string_view unit;
  double bytes;
};
constexpr Decimal decimals[] = {{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}};
constexpr double binaries[] = {1024.0, 1048576.0, 1073741824.0, 1099511627776.0};

}  // namespace

void decimal_memory(const LintText& on, Diagnostics& found) {
  Walk walker;
  walker.field = [&](const syntax::Field& field, std::string_view place) {
    if (place != "device" && place != "host") return;
    const auto* quantity = std::get_if<syntax::Quantity>(&field.value.node);
    if (quantity == nullptr) return;
    for (size_t i = 0; i < std::size(decimals); ++i) {
      if (quantity->unit != decimals[i].unit) continue;
      const std::string binary = fmt::format("{}{}iB", quantity->number, quantity->unit.substr(0, 1));
      const double less = 100 * (1 - decimals[i].bytes / binaries[i]);
      found
          .report(codes::L9401, field.value.span,
                  fmt::format("`{}` is {:.0f} % less than `{}`", on.sources.text(field.value.span), less, binary))
          .help("memory comes in powers of 1024, and tools that show it say GiB or mean it")
          .fix({fmt::format("write `{}`", binary), Applicability::Unsafe, {{field.value.span, binary}}});
    }
  };
  for (const syntax::Statement& statement : on.file.statements) walk(statement, walker);
}

void rare_checkpoint(const LintRecipe& on, Diagnostics& found) {
  if (on.schedule == nullptr || on.schedule->checkpoint_seconds <= 3600) return;
  found
      .report(codes::L9402, on.schedule->span,
              fmt::format("a checkpoint every {:.1f} hours", on.schedule->checkpoint_seconds / 3600))
      .help("what lies between two checkpoints is computed again after an interruption: `checkpoint = every(10min)`");
}

void calibration_without_device(const LintRecipe& on, Diagnostics& found) {
  if (on.schedule == nullptr || !on.schedule->devices.empty() || !on.recipe.calibration) return;
  if (!on.schedule->host) return;
  found.report(codes::L9403, on.schedule->span, "calibration is left to the CPU")
      .label(on.recipe.calibration->span, "runs the model on every row")
      .help("add `device cuda { memory <= 76GiB }`; for a small model on purpose, suppress this with a reason");
}

}  // namespace lcr::lint
