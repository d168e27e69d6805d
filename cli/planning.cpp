#include "cli/planning.h"

#include <filesystem>

#include "compiler/recipe/bind.h"
#include "planner/schedule/make_plan.h"

namespace lcr::cli {

void PlanningInput::add_to(CLI::App& command) {
  recipe.add_to(command);
  model.add_to(command, true);
  add_places(command);
}

void PlanningInput::add_places(CLI::App& command) {
  command.add_option("--machine", machine, "machine file (.lcr) in place of the recipe's schedule")->type_name("FILE");
  command.add_option("--profile", profile, "measured rates of the machine")->type_name("FILE");
  command.add_option("--out", out, "folder to write to, in place of the recipe's")->type_name("DIR");
  command.add_option("--device", device, "where to compute")->check(CLI::IsMember({"cpu", "cuda"}));
}

std::optional<Plan> PlanningInput::make(Session& session, const std::string& plan_file) const {
  std::optional<Checked> checked = load_checked(session, recipe, model);
  if (!checked) return std::nullopt;
  PlanOptions options;
  options.out = out;
  options.device = device;
  options.machine_file = machine;
  options.profile_file = profile;
  options.architecture_file = model.architecture;
  options.plan_folder = std::filesystem::path(plan_file).parent_path().string();
  if (!machine.empty()) {
    uint32_t file = session.read(machine);
    if (file != 0) options.machine = bind_machine(session.sources, file, session.diagnostics);
    if (!options.machine) return std::nullopt;
  }
  if (!profile.empty()) {
    uint32_t file = session.read(profile);
    std::optional<Profile> measured;
    if (file != 0) measured = read_profile(session.sources, file, session.diagnostics);
    if (!measured) return std::nullopt;
    options.profile = *measured;
  }
  return make_plan(checked->recipe, checked->typed, checked->model.graph, checked->model.checkpoint, session.sources,
                   options, session.diagnostics);
}

}  // namespace lcr::cli
