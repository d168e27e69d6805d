#include "compiler/model/scope.h"

#include <fmt/format.h>

#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/elaborator.h"

namespace lcr::elaboration {

std::unique_ptr<Scope> Elaborator::open(const Description& description, const Json& config, std::string root) {
  auto scope = std::make_unique<Scope>();
  scope->description = &description;
  scope->config = &config;
  scope->root = std::move(root);
  bool complete = true;
  for (const syntax::Part* part : description.parts) complete &= open_part(*scope, *part);
  if (!complete) return nullptr;
  for (const syntax::Setting* setting : description.settings) complete &= define(*scope, *setting);
  return complete ? std::move(scope) : nullptr;
}

bool Elaborator::open_part(Scope& scope, const syntax::Part& part) {
  const Json* config = scope.config->find(part.at.text);
  std::string root = scope.root + part.at.text;
  read_.insert(root);
  root += ".";
  const bool found = config && config->kind == Json::Kind::Object;
  if (!found) {
    if (!part.fallback) {
      fail(codes::L7015, part.at.span, fmt::format("config.json has no object `{}{}`", scope.root, part.at.text));
      return false;
    }
    config = scope.config;
    root = scope.root;
  }
  // A part without a model_type of its own is the first one that the text names.
  const std::string_view type = found ? config->text_of("model_type") : std::string_view();
  std::vector<std::string> known;
  for (const syntax::Text& name : part.is) {
    const Description* candidate = descriptions_.of_part(*scope.description, name.text);
    if (!candidate) {
      fail(codes::L7011, name.span, fmt::format("there is no architecture `{}`", name.text));
      return false;
    }
    bool fits = type.empty();
    for (const syntax::Text& each : candidate->file.header.types) {
      fits |= each.text == type;
      known.push_back(each.text);
    }
    if (!fits) continue;
    auto opened = open(*candidate, *config, root);
    if (!opened) return false;
    scope.parts.emplace(part.name.text, std::move(opened));
    return true;
  }
  fail(codes::L7010, part.name.span,
       fmt::format("no architecture describes `{}` with the model_type `{}`", part.at.text, type),
       {fmt::format("known here: {}", fmt::join(known, ", "))});
  return false;
}

bool Elaborator::define(Scope& scope, const syntax::Setting& setting) {
  Locals none;
  Frame frame{none, scope, true};
  if (setting.target && setting.target->index) {
    scope.indexed[setting.target->name.text] = &setting;
    return true;
  }
  Term term = evaluate(setting.value, frame);
  if (term.is<Poison>()) return false;
  if (!setting.target) {
    auto* holds = term.as<bool>();
    if (holds && *holds) return true;
    const std::string message = setting.message ? setting.message->text : "the configuration is not described";
    fail(codes::L7016, setting.span, fmt::format("{}: {}", scope.description->name, message));
    return false;
  }
  if (auto* missing = term.as<Missing>()) {
    fail(codes::L7015, setting.span, fmt::format("config.json has no `{}`", missing->key),
         {fmt::format("`{}` has no default: add the key to config.json", setting.target->name.text)});
    return false;
  }
  scope.definitions[setting.target->name.text] = std::move(term);
  return true;
}

const Scope& Elaborator::library(const Description& description) {
  auto& scope = libraries_[&description];
  if (!scope) {
    scope = std::make_unique<Scope>();
    scope->description = &description;
  }
  return *scope;
}

Term Elaborator::key(const Scope& scope, std::string_view name) {
  std::string path = scope.root + std::string(name);
  read_.insert(path);
  const Json* json = scope.config->find(name);
  if (!json) return {Missing{std::move(path)}};
  return of_json(*json, path);
}

}  // namespace lcr::elaboration
