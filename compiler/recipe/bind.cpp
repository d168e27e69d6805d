#include "compiler/recipe/bind.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"
#include "compiler/recipe/binder.h"
#include "compiler/recipe/blocks.h"
#include "compiler/recipe/load.h"
#include "compiler/recipe/needs.h"
#include "compiler/recipe/params.h"
#include "compiler/recipe/precisions.h"
#include "compiler/recipe/rules.h"
#include "compiler/recipe/scope.h"
#include "compiler/recipe/selections.h"
#include "compiler/recipe/stacks.h"

namespace lcr {
namespace binding {
namespace {

using syntax::FileKind;
using syntax::Statement;

// The first word of a statement.
Span head_of(const Binder& binder, const Statement& statement) {
  std::string_view text = binder.sources.text(statement.span);
  size_t length = std::min(text.find_first_of(" \t\r\n{("), text.size());
  return {statement.span.file, statement.span.begin, statement.span.begin + uint32_t(length)};
}

// Statements that may stand once: the first of each, and a report for every other. `scopes` is a chain of extends.
template <typename Node>
struct Once {
  const Node* node = nullptr;
  const Statement* statement = nullptr;
  Scope* scope = nullptr;
};

template <typename Node>
Once<Node> only(Binder& binder, const std::vector<Scope*>& scopes, std::string_view word) {
  Once<Node> found;
  for (Scope* scope : scopes) {
    for (const Statement& statement : scope->tree.statements) {
      auto* node = std::get_if<Node>(&statement.node);
      if (!node || !belongs(statement, scope->tree.header.kind)) continue;
      if (!found.node) {
        found = {node, &statement, scope};
        continue;
      }
      bool chain = found.scope != scope;
      Diagnostic& diagnostic =
          binder.report(codes::L2003, head_of(binder, statement), fmt::format("`{}` is said twice", word));
      if (!chain)
        diagnostic.label(head_of(binder, *found.statement), "first here");
      else
        diagnostic.note(fmt::format("the preset `{}` says it already", found.scope->tree.header.name))
            .help("only rules can be overridden, never blocks");
    }
  }
  return found;
}

// The file and the presets that it extends, the root preset first.
struct Chain {
  std::vector<Scope*> scopes;
  bool complete = true;  // every file of the chain was found and read without a syntax error
};

Chain chain_of(Binder& binder, Scope& root) {
  std::vector<Scope*> chain = {&root};
  bool complete = true;
  for (Scope* scope = &root; scope;) {
    Once<syntax::Extends> extends = only<syntax::Extends>(binder, {scope}, "extends");
    if (!extends.node) break;
    Scope* preset = load_preset(binder, *scope, *extends.node);
    if (preset && std::find(chain.begin(), chain.end(), preset) != chain.end()) {
      binder.report(
          codes::L2013, head_of(binder, *extends.statement),
          fmt::format("the preset `{}` extends itself, directly or through others", preset->tree.header.name));
      preset = nullptr;
    }
    if (!preset) {
      complete = false;
      break;
    }
    pass_arguments(binder, *scope, *extends.node, *preset);
    check_params(binder, *preset, head_of(binder, *extends.statement));
    chain.push_back(preset);
    scope = preset;
  }
  std::reverse(chain.begin(), chain.end());
  complete &= std::none_of(chain.begin(), chain.end(), [](const Scope* scope) { return scope->incomplete; });
  if (!complete) binder.incomplete = true;
  return {std::move(chain), complete};
}

// Statements that may not stand in a file of this kind; every reader skips them.
void check_statements(Binder& binder, const Scope& scope) {
  for (const Statement& statement : scope.tree.statements) {
    if (!belongs(statement, scope.tree.header.kind)) report_misplaced(binder, statement, scope.tree.header.kind);
  }
}

// Blocks stand once in a chain, wherever; servers and exports as often as they are said.
void read_blocks(Binder& binder, const std::vector<Scope*>& chain) {
  if (auto block = only<syntax::Calibrate>(binder, chain, "calibrate"); block.node) {
    binder.recipe.calibration = read_calibration(binder, *block.scope, *block.node, head_of(binder, *block.statement));
  }
  if (auto block = only<syntax::Budget>(binder, chain, "budget"); block.node) {
    binder.recipe.budget = read_budget(binder, *block.scope, *block.node, head_of(binder, *block.statement));
  }
  if (auto block = only<syntax::Schedule>(binder, chain, "schedule"); block.node) {
    binder.recipe.schedule = read_schedule(binder, *block.scope, *block.node, head_of(binder, *block.statement));
  }
  for (Scope* scope : chain) {
    for (const Statement& statement : scope->tree.statements) {
      if (!belongs(statement, scope->tree.header.kind)) continue;
      if (auto* serve = std::get_if<syntax::Serve>(&statement.node))
        binder.recipe.serve.push_back(read_serve(binder, *scope, *serve, statement.span));
      if (auto* output = std::get_if<syntax::Export>(&statement.node))
        binder.recipe.exports.push_back(read_export(binder, *scope, *output, statement.span));
    }
  }
  check_exports(binder);
}

// `default` and `export` have no default meaning.
void check_presence(Binder& binder, const Scope& root, bool has_default) {
  if (binder.recipe.is_preset) return;
  if (!has_default) {
    binder
        .report(codes::L2004, root.tree.header.span,
                "the recipe does not say what happens to modules that no rule names")
        .help("add `default keep`, or `default refuse` to be told about every module without a rule");
  }
  if (binder.recipe.exports.empty()) {
    binder.report(codes::L2004, root.tree.header.span, "the recipe does not say what to write")
        .help("add `export compressed_tensors { dir = \"out\" }`");
  }
}

// Params first, since everything may use them; then each file of the chain, the root preset first; then what only the
// whole shows, unless something was left out.
void bind_chain(Binder& binder, Scope& root) {
  check_params(binder, root, binder.recipe.is_preset ? std::nullopt : std::optional<Span>(root.tree.header.span));
  Chain chain = chain_of(binder, root);
  for (size_t level = 0; level < chain.scopes.size(); ++level) {
    Scope& scope = *chain.scopes[level];
    check_statements(binder, scope);
    read_selects(binder, scope);
    read_schemes(binder, scope);
    read_methods(binder, scope);
    read_rules(binder, scope, int(level));
  }
  bool has_default = only<syntax::Default>(binder, chain.scopes, "default").node != nullptr;
  read_blocks(binder, chain.scopes);
  if (chain.complete) check_presence(binder, root, has_default);
  if (!binder.incomplete && !binder.recipe.is_preset) check_whole(binder);
}

// Null when the file cannot be read or is of another kind, both reported.
Scope* load_kind(Binder& binder, uint32_t file, std::initializer_list<FileKind> kinds, std::string_view help) {
  Scope* root = load_root(binder, file);
  if (!root) return nullptr;
  FileKind kind = root->tree.header.kind;
  if (std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) return root;
  binder.report(codes::L2001, root->tree.header.span, fmt::format("this is a {} file", name_of(kind)))
      .help(std::string(help));
  return nullptr;
}

Recipe read_recipe(Binder& binder, Scope& root, const BindOptions& options) {
  binder.recipe.name = root.tree.header.name;
  binder.recipe.file = root.file;
  binder.recipe.is_preset = root.tree.header.kind == FileKind::Preset;
  set_params(binder, root, options.set);
  bind_chain(binder, root);
  for (const Scope& scope : binder.scopes) binder.recipe.files.push_back(scope.file);
  return std::move(binder.recipe);
}

std::optional<Schedule> read_machine(Binder& binder, Scope& root) {
  check_statements(binder, root);
  auto block = only<syntax::Schedule>(binder, {&root}, "schedule");
  if (block.node) return read_schedule(binder, root, *block.node, head_of(binder, *block.statement));
  if (!root.incomplete) {
    binder.report(codes::L2004, root.tree.header.span, "the machine file has no `schedule`")
        .help("add `schedule { host { memory <= 64GiB } }`");
  }
  return std::nullopt;
}

// What a file declares, used or not.
void read_declarations(Binder& binder, Scope& root) {
  check_statements(binder, root);
  read_selects(binder, root);
  read_schemes(binder, root);
  read_methods(binder, root);
}

}  // namespace
}  // namespace binding

std::optional<Recipe> bind_recipe(Sources& sources, uint32_t file, const BindOptions& options,
                                  Diagnostics& diagnostics) {
  using namespace binding;
  Binder binder{sources, diagnostics};
  binder.open = options.open;
  Scope* root = load_kind(binder, file, {FileKind::Recipe, FileKind::Preset}, "a recipe is needed here");
  if (!root) return std::nullopt;
  return read_recipe(binder, *root, options);
}

std::optional<Schedule> bind_machine(Sources& sources, uint32_t file, Diagnostics& diagnostics) {
  using namespace binding;
  Binder binder{sources, diagnostics};
  Scope* root =
      load_kind(binder, file, {FileKind::Machine}, "a machine file is needed here: `machine NAME` with one schedule");
  if (!root) return std::nullopt;
  return read_machine(binder, *root);
}

std::optional<Recipe> check_file(Sources& sources, uint32_t file, const BindOptions& options,
                                 Diagnostics& diagnostics) {
  using namespace binding;
  Binder binder{sources, diagnostics};
  binder.open = options.open;
  Scope* root = load_root(binder, file);
  if (!root) return std::nullopt;
  switch (root->tree.header.kind) {
    case FileKind::Recipe:
    case FileKind::Preset: return read_recipe(binder, *root, options);
    case FileKind::Machine: read_machine(binder, *root); break;
    default: read_declarations(binder, *root); break;
  }
  return std::nullopt;
}

}  // namespace lcr
