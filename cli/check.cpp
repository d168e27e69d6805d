#include <map>
#include <memory>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "compiler/recipe/bind.h"

namespace lcr::cli {

namespace {

struct CheckOptions {
  std::vector<std::string> recipes;
  std::vector<std::string> set;
  ModelInput model;
};

// Checks one recipe, against the model when there is one.
void check_one(Session& session, const CheckOptions& options, const std::string& path, const LoadedModel* model) {
  RecipeInput input;
  input.path = path;
  input.set = options.set;
  size_t before = session.diagnostics.size();
  std::optional<Recipe> recipe = input.load(session);
  if (!recipe || model == nullptr) return;
  check(*recipe, model->graph, model->checkpoint, session.sources, session.diagnostics);
  if (!session.quiet && session.diagnostics.size() == before && session.format == DiagnosticFormat::Full) {
    fmt::print("{}: no problems against {}\n", path, model->graph.architecture);
  }
}

}  // namespace

void add_check(CLI::App& app, Session& session) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = app.add_subcommand("check", "find what is wrong with recipes, before a weight is read");
  command->add_option("recipes", options->recipes, "recipes (.lcr), `-` for standard input")
      ->required()
      ->type_name("RECIPE");
  command->add_option("--set", options->set, "value of a param")->type_name("name=value");
  options->model.add_to(*command, false);
  static const std::map<std::string, DiagnosticFormat> formats = {
      {"full", DiagnosticFormat::Full}, {"concise", DiagnosticFormat::Concise}, {"json", DiagnosticFormat::Json}};
  command->add_option("--format", session.format, "how to print findings: full, concise, json")
      ->transform(CLI::CheckedTransformer(formats).description(""))
      ->type_name("FORMAT");
  command->callback([options, &session] {
    session.findings_are_result = true;
    std::optional<LoadedModel> model;
    if (options->model.given()) model = options->model.load(session);
    // A recipe is still worth reading when the model could not be: both are reported.
    for (const std::string& path : options->recipes) check_one(session, *options, path, model ? &*model : nullptr);
    session.exit_code = session.finish();
  });
}

}  // namespace lcr::cli
