#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/output.h"
#include "compiler/import/import.h"
#include "compiler/recipe/bind.h"

namespace lcr::cli {

namespace {

struct Options {
  std::string path;
  ModelInput model;
  std::string out = "-";
};

// The file's name without its ending; the folder's for names that say nothing.
std::string name_of(const std::string& path) {
  std::filesystem::path place(path);
  std::string stem = place.stem().string();
  const bool plain = stem == "recipe" || stem == "config" || stem.empty();
  if (plain && place.has_parent_path())
    stem = std::filesystem::absolute(place.parent_path() / "x").parent_path().filename().string();
  std::string name;
  for (char c : stem) name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' ? c : '-';
  return name.empty() || name == "-" ? "imported" : name;
}

// Reads the translation as `lcr check` does. Warnings and notes about it are for the one who checks it.
void prove(Session& session, const Options& options, const foreign::Imported& imported, const LoadedModel* model) {
  Diagnostics found;
  const std::string name = options.out == "-" ? "<translation>" : options.out;
  const uint32_t file = session.sources.add(name, imported.text);
  const std::optional<Recipe> recipe = bind_recipe(session.sources, file, {}, found);
  if (recipe && !found.has_errors() && model != nullptr) {
    const auto typed = check(*recipe, model->graph, model->checkpoint, session.sources, found);
    if (typed && !found.has_errors()) foreign::verify_import(imported, *typed, model->graph, found);
  }
  if (found.has_errors()) session.diagnostics.append(std::move(found));
}

void import_one(Session& session, const Options& options) {
  std::optional<LoadedModel> model;
  if (options.model.given()) {
    model = options.model.load(session);
    if (!model) return;
  }
  const bool folder = std::filesystem::is_directory(options.path);
  const uint32_t file =
      session.read(folder ? (std::filesystem::path(options.path) / "config.json").string() : options.path);
  if (file == 0) return;
  foreign::ImportOptions how;
  how.name = name_of(folder ? options.path + "/config" : options.path);
  how.graph = model ? &model->graph : nullptr;
  const auto imported = foreign::import_recipe(session.sources, file, how, session.diagnostics);
  if (!imported) return;
  prove(session, options, *imported, model ? &*model : nullptr);
  // What does not pass its own check is shown all the same, for the one who repairs it by hand.
  write_file(session, options.out, imported->text);
}

}  // namespace

void add_import(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("import", "translate a recipe of LLM Compressor, or a checkpoint's quantization_config");
  command
      ->add_option("recipe", options->path,
                   "recipe (YAML, JSON, Markdown front matter), config.json, or a model folder")
      ->required()
      ->type_name("FILE");
  options->model.add_to(*command, false);
  command->add_option("-o", options->out, "write the recipe; standard output when not said")->type_name("FILE");
  command->callback([options, &session] {
    import_one(session, *options);
    session.exit_code = session.finish();
  });
}

}  // namespace lcr::cli
