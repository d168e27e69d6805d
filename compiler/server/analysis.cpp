#include "compiler/server/analysis.h"

#include <filesystem>

#include "compiler/lint/analyze.h"
#include "compiler/recipe/bind.h"

namespace lcr::server {

bool Analysis::reads(const std::string& path) const {
  const auto normal = std::filesystem::path(path).lexically_normal();
  for (uint32_t i = 0; i < sources.size(); ++i)
    if (std::filesystem::path(sources.file(i).name()).lexically_normal() == normal) return true;
  return false;
}

std::unique_ptr<Analysis> analyse(const Document& document, std::shared_ptr<const Model> model,
                                  const std::map<std::string, std::string>& open, const LintOptions& rules) {
  auto result = std::make_unique<Analysis>();
  // A copy, so that the files of the graph's spans keep their numbers.
  if (model) result->sources = model->sources;
  result->model = std::move(model);
  result->file = result->sources.add(document.path, document.text);
  AnalyzeOptions options;
  options.bind.open = &open;
  options.lint = rules;
  if (result->model) options.model = &result->model->loaded, options.names = result->model->names.get();
  lcr::Analysis found = analyze(result->sources, result->file, options, result->found);
  result->recipe = std::move(found.recipe);
  result->typed = std::move(found.typed);
  // What could be bound of a text with errors is still worth counting.
  if (!result->recipe) result->recipe = check_file(result->sources, result->file, options.bind, result->scratch);
  return result;
}

}  // namespace lcr::server
