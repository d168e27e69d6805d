#include "cli/inputs.h"

#include <fmt/core.h>

#include "compiler/diagnostics/codes/driver.h"
#include "compiler/recipe/bind.h"

namespace lcr::cli {

void ModelInput::add_to(CLI::App& command, bool required) {
  CLI::Option_group* group = command.add_option_group("model");
  group->add_option("--model", model, "folder with config.json and *.safetensors")->type_name("DIR");
  group->add_option("--tree", tree, "snapshot of a model's structure, made by `lcr tree -o`")->type_name("FILE");
  group->require_option(required ? 1 : 0, 1);
  command.add_option("--architecture", architecture, "description to use instead of the built-in ones")
      ->type_name("FILE");
}

std::optional<LoadedModel> ModelInput::load(Session& session) const {
  std::optional<Checkpoint> checkpoint = tree.empty() ? read_checkpoint(model, session.diagnostics)
                                                      : read_snapshot(tree, session.diagnostics);
  if (!checkpoint) return std::nullopt;
  ElaborateOptions options;
  options.architecture_file = architecture;
  std::optional<ModelGraph> graph = elaborate(session.sources, *checkpoint, options, session.diagnostics);
  if (!graph) return std::nullopt;
  return LoadedModel{std::move(*checkpoint), std::move(*graph)};
}

void RecipeInput::add_to(CLI::App& command) {
  command.add_option("recipe", path, "recipe (.lcr), `-` for standard input")->required()->type_name("RECIPE");
  command.add_option("--set", set, "value of a param")->type_name("name=value");
}

std::optional<Recipe> RecipeInput::load(Session& session) const {
  BindOptions options;
  for (const std::string& item : set) {
    size_t equals = item.find('=');
    if (equals == std::string::npos || equals == 0) {
      session.diagnostics.report(codes::L0002, fmt::format("`--set {}` has no value", item))
          .help("write `--set name=value`");
      return std::nullopt;
    }
    options.set[item.substr(0, equals)] = item.substr(equals + 1);
  }
  uint32_t file = session.read(path);
  if (file == 0) return std::nullopt;
  // Its own collection: an error of another file must not stop this one.
  Diagnostics found;
  std::optional<Recipe> recipe = bind_recipe(session.sources, file, options, found);
  if (found.has_errors()) recipe.reset();
  session.diagnostics.append(std::move(found));
  return recipe;
}

std::optional<Checked> load_checked(Session& session, const RecipeInput& recipe_input, const ModelInput& model_input) {
  std::optional<Recipe> recipe = recipe_input.load(session);
  std::optional<LoadedModel> model = model_input.load(session);
  if (!recipe || !model || session.diagnostics.has_errors()) return std::nullopt;
  std::optional<TypedRecipe> typed =
      check(*recipe, model->graph, model->checkpoint, session.sources, session.diagnostics);
  if (!typed || session.diagnostics.has_errors()) return std::nullopt;
  return Checked{std::move(*recipe), std::move(*model), std::move(*typed)};
}

}  // namespace lcr::cli
