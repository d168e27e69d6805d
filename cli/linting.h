#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/config.h"
#include "cli/inputs.h"
#include "compiler/lint/analyze.h"
#include "compiler/select/name_trees.h"

namespace lcr::cli {

// What `check` and `fix` take: files, params, model, machine, rules.
struct LintInput {
  std::vector<std::string> paths;
  std::vector<std::string> set;
  std::vector<std::string> select, ignore;
  bool preview = false;
  std::string config;
  bool no_config = false;
  std::string machine;
  ModelInput model;

  void add_to(CLI::App& command);
};

// Says how each file is to be analyzed, and has its model; what is wrong with configuration or models is reported to
// the session.
class Linter {
 public:
  Linter(Session& session, const LintInput& input);

  // False when the command line itself is wrong.
  bool ready() const { return ready_; }
  const Config& config_of(const std::string& path) { return configs_.of(path); }
  // Without a model when it cannot be had: a recipe is still worth reading then.
  AnalyzeOptions options_for(const std::string& path);
  // Whether any of the files is checked against a model.
  bool uses_models(const std::vector<std::string>& paths);

 private:
  struct KnownModel {
    explicit KnownModel(LoadedModel model) : loaded(std::move(model)), names(loaded.graph) {}
    LoadedModel loaded;
    NameTrees names;
  };
  const KnownModel* model_for(const std::string& path);
  bool read_params();
  bool check_selectors();
  void read_machine();

  Session& session_;
  const LintInput& input_;
  Configs configs_;
  BindOptions bind_;
  bool ready_ = true;
  std::optional<Schedule> machine_;
  std::map<std::string, std::unique_ptr<KnownModel>> models_;  // by snapshot; "" is that of the command line
};

}  // namespace lcr::cli
