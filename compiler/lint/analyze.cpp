#include "compiler/lint/analyze.h"

#include "compiler/check/serving_text.h"
#include "compiler/diagnostics/codes/style.h"
#include "compiler/lint/check_fixes.h"
#include "compiler/lint/suppress.h"
#include "compiler/syntax/parse.h"

namespace lcr {
namespace {

class Run {
 public:
  Run(Sources& sources, const AnalyzeOptions& options, Analysis& result)
      : sources_(sources), options_(options), result_(result) {
    if (options.model == nullptr || options.names != nullptr) return;
    own_names_ = std::make_unique<NameTrees>(options.model->graph);
  }

  void understand(uint32_t file) {
    Diagnostics syntax;
    result_.file = syntax::parse(sources_, file, syntax);
    readable_ = !syntax.has_errors() && result_.file.header.kind != syntax::FileKind::None;
    result_.recipe = check_file(sources_, file, options_.bind, found_);
    if (readable_) check_serving_file(result_.file, found_);
    if (found_.has_errors()) result_.recipe.reset();
    if (!result_.recipe || options_.model == nullptr || result_.recipe->is_preset) return;
    result_.typed = check(*result_.recipe, options_.model->graph, options_.model->checkpoint, sources_, found_, &names());
  }

  void lint() {
    if (!readable_) return;
    const LintText text{sources_, result_.file};
    for (const LintRule& rule : lint_rules()) {
      // A name that nothing uses may be the one that is spelt wrong elsewhere.
      if (rule.text == nullptr || (rule.code == codes::L9002 && found_.has_errors()) || !start(rule)) continue;
      rule.text(text, found_);
    }
    if (!result_.recipe) return;
    const Schedule* schedule = options_.machine != nullptr ? options_.machine
                               : result_.recipe->schedule  ? &*result_.recipe->schedule
                                                           : nullptr;
    const LintRecipe recipe{text, *result_.recipe, schedule};
    for (const LintRule& rule : lint_rules())
      if (rule.recipe != nullptr && start(rule)) rule.recipe(recipe, found_);
    if (!result_.typed) return;
    const LintModel model(recipe, *options_.model, *result_.typed, names());
    for (const LintRule& rule : lint_rules())
      if (rule.model != nullptr && start(rule)) rule.model(model, found_);
    // Warnings and notes of `check` have been looked for as well.
    for (const CodeInfo& code : all_codes())
      if (code.severity != Severity::Error && (code.id[1] == '3' || code.id[1] == '4')) decided_.insert(code.code);
  }

  void finish(Diagnostics& diagnostics) {
    std::vector<Suppressions> suppressions;
    if (readable_) suppressions.push_back(read_suppressions(sources_, result_.file));
    if (result_.recipe) read_imported(suppressions);
    for (const Diagnostic& diagnostic : found_.items()) {
      if (is_ignored(options_.lint, info(diagnostic.code))) continue;
      bool covered = false;
      for (Suppressions& of_file : suppressions) covered = of_file.covers(sources_, diagnostic) || covered;
      if (!covered) keep(diagnostic, diagnostics);
    }
    if (suppressions.empty()) return;
    Diagnostics about;
    report_suppressions(sources_, suppressions.front(), decided_, about);
    for (const Diagnostic& diagnostic : about.items())
      if (const LintRule* rule = find_rule(diagnostic.code); rule != nullptr && is_on(options_.lint, *rule))
        keep(diagnostic, diagnostics);
  }

 private:
  const NameTrees& names() const { return own_names_ ? *own_names_ : *options_.names; }
  bool start(const LintRule& rule) {
    if (!is_on(options_.lint, rule)) return false;
    decided_.insert(rule.code);
    return true;
  }

  // Files of the user's own that hold such comments.
  void read_imported(std::vector<Suppressions>& suppressions) {
    for (uint32_t file : result_.recipe->files) {
      if (file == result_.file.id || sources_.file(file).name().starts_with("std/")) continue;
      if (sources_.file(file).text().find("lcr:") == std::string_view::npos) continue;
      Diagnostics known;
      suppressions.push_back(read_suppressions(sources_, syntax::parse(sources_, file, known)));
    }
  }

  void keep(const Diagnostic& diagnostic, Diagnostics& diagnostics) const {
    Diagnostic& kept = diagnostics.report(diagnostic.code, diagnostic.message);
    kept = diagnostic;
    if (readable_) add_fixes(sources_, result_.file, kept);
    kept.severity = severity_of(options_.lint, diagnostic);
  }

  Sources& sources_;
  const AnalyzeOptions& options_;
  Analysis& result_;
  std::unique_ptr<NameTrees> own_names_;
  Diagnostics found_;
  bool readable_ = false;
  std::set<Code> decided_;
};

}  // namespace

Analysis analyze(Sources& sources, uint32_t file, const AnalyzeOptions& options, Diagnostics& diagnostics) {
  Analysis result;
  Run run(sources, options, result);
  run.understand(file);
  run.lint();
  run.finish(diagnostics);
  return result;
}

}  // namespace lcr
