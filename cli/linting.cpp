#include "cli/linting.h"

#include <fmt/core.h>

#include "compiler/diagnostics/codes/driver.h"

namespace lcr::cli {

void LintInput::add_to(CLI::App& command) {
  command.add_option("paths", paths, "recipes (.lcr) or folders, `-` for standard input")
      ->required()
      ->type_name("PATH");
  command.add_option("--set", set, "value of a param")->allow_extra_args(false)
      ->type_name("name=value");
  model.add_to(command, false);
  command.add_option("--machine", machine, "machine file (.lcr) in place of the recipe's schedule")->type_name("FILE");
  command.add_option("--select", select, "rules to run: codes, beginnings of codes, names, `all`")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("RULE");
  command.add_option("--ignore", ignore, "findings to leave out, as --select")->delimiter(',')
      ->allow_extra_args(false)->type_name("RULE");
  command.add_flag("--preview", preview, "run rules in preview too");
  CLI::Option* file =
      command.add_option("--config", config, "configuration in place of the nearest lcr.yaml")->type_name("FILE");
  command.add_flag("--no-config", no_config, "read no lcr.yaml")->excludes(file);
}

Linter::Linter(Session& session, const LintInput& input) : session_(session), input_(input), configs_(session) {
  if (input.no_config) configs_.use_none();
  if (!input.config.empty()) configs_.use(input.config);
  ready_ = read_params() && check_selectors();
  if (!input.machine.empty()) read_machine();
}

bool Linter::read_params() {
  for (const std::string& item : input_.set) {
    const size_t equals = item.find('=');
    if (equals == std::string::npos || equals == 0) {
      session_.diagnostics.report(codes::L0002, fmt::format("`--set {}` has no value", item))
          .help("write `--set name=value`");
      return false;
    }
    bind_.set[item.substr(0, equals)] = item.substr(equals + 1);
  }
  return true;
}

bool Linter::check_selectors() {
  for (const auto* list : {&input_.select, &input_.ignore})
    for (const std::string& selector : *list) {
      if (is_selector(selector)) continue;
      const std::string near = nearest(selector, selectors());
      session_.diagnostics.report(codes::L0002, fmt::format("`{}` names no rule", selector))
          .help(near.empty() ? "`lcr rules` lists them" : fmt::format("did you mean `{}`?", near));
      return false;
    }
  return true;
}

void Linter::read_machine() {
  const uint32_t file = session_.read(input_.machine);
  if (file != 0) machine_ = bind_machine(session_.sources, file, session_.diagnostics);
}

const Linter::KnownModel* Linter::model_for(const std::string& path) {
  const std::string tree = input_.model.given() ? std::string() : configs_.of(path).tree_for(path);
  if (tree.empty() && !input_.model.given()) return nullptr;
  const auto [place, fresh] = models_.try_emplace(tree);
  if (fresh) {
    ModelInput source = input_.model;
    if (!tree.empty()) source.tree = tree;
    if (std::optional<LoadedModel> model = source.load(session_))
      place->second = std::make_unique<KnownModel>(std::move(*model));
  }
  return place->second.get();
}

AnalyzeOptions Linter::options_for(const std::string& path) {
  AnalyzeOptions options;
  options.bind = bind_;
  options.lint = configs_.of(path).rules_for(path);
  // The command line goes before the file.
  if (!input_.select.empty()) options.lint.select = input_.select;
  options.lint.ignore.insert(options.lint.ignore.end(), input_.ignore.begin(), input_.ignore.end());
  options.lint.preview = options.lint.preview || input_.preview;
  if (const KnownModel* model = model_for(path)) {
    options.model = &model->loaded;
    options.names = &model->names;
  }
  if (machine_) options.machine = &*machine_;
  return options;
}

bool Linter::uses_models(const std::vector<std::string>& paths) {
  if (input_.model.given()) return true;
  for (const std::string& path : paths)
    if (!configs_.of(path).tree_for(path).empty()) return true;
  return false;
}

}  // namespace lcr::cli
