#include <memory>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/output.h"
#include "compiler/model/file_bytes.h"
#include "compiler/model/tree.h"

namespace lcr::cli {

namespace {

struct TreeOptions {
  ModelInput model;
  std::string out;
  std::string format = "text";
};

// A snapshot says what described it, and carries the text when it is the user's own.
void name_architecture(LoadedModel& loaded, const std::string& file) {
  Checkpoint& checkpoint = loaded.checkpoint;
  checkpoint.architecture = loaded.graph.architecture;
  checkpoint.architecture_hash = loaded.graph.architecture_hash;
  std::string error;
  if (!file.empty()) checkpoint.architecture_text = read_whole(file, error).value_or(std::string());
}

int tree(Session& session, const TreeOptions& options) {
  std::optional<LoadedModel> loaded = options.model.load(session);
  if (!loaded) return session.finish();
  if (!options.out.empty()) {
    name_architecture(*loaded, options.model.architecture);
    write_file(session, options.out, write_snapshot(loaded->checkpoint));
  } else if (options.format == "json") {
    fmt::print("{}\n", tree_json(loaded->graph, loaded->checkpoint));
  } else {
    fmt::print("{}", render_tree(loaded->graph, loaded->checkpoint));
  }
  return session.finish();
}

}  // namespace

void add_tree(CLI::App& app, Session& session) {
  auto options = std::make_shared<TreeOptions>();
  CLI::App* command = app.add_subcommand("tree", "show a model's modules, or save its structure without its weights");
  command->add_option("dir", options->model.model, "folder with config.json and *.safetensors")->type_name("MODEL");
  command->add_option("--tree", options->model.tree, "snapshot to show instead")->type_name("FILE");
  command->add_option("--architecture", options->model.architecture, "description to use instead of the built-in ones")
      ->type_name("FILE");
  command->add_option("-o,--out", options->out, "write a snapshot, which every --tree takes")->type_name("FILE");
  command->add_option("--format", options->format, "how to print the tree")->check(CLI::IsMember({"text", "json"}));
  command->callback([options, &session, command] {
    if (options->model.model.empty() == options->model.tree.empty()) {
      throw CLI::RequiredError("one of MODEL and --tree");
    }
    session.exit_code = tree(session, *options);
  });
}

}  // namespace lcr::cli
