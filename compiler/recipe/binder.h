#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/language/algorithms.h"
#include "compiler/recipe/bind.h"
#include "compiler/recipe/recipe.h"
#include "compiler/syntax/tree.h"

// What the parts of this room share while one recipe is read. Private to the room.
namespace lcr::binding {

struct Scope;

// An algorithm as the text says it, with the places of what it wrote.
struct ReadAlgorithm {
  Algorithm algorithm;
  const AlgorithmInfo* info = nullptr;
  std::map<std::string, Span> written;
};

enum class NameKind { Select, Scheme, Method, Param, Preset, Block };

// What a selection speaks of. Globs, layers and roles take the kind of what they are combined with.
enum class UnitKind { Any, Weights, Points };

// One declared name and, once something used it, its meaning.
struct Declaration {
  enum class State { Unread, Reading, Read, Broken };

  NameKind kind = NameKind::Select;
  syntax::Name name;
  const syntax::Statement* statement = nullptr;  // null for the name of a preset file
  Scope* scope = nullptr;                        // the file that declares it
  State state = State::Unread;

  size_t selection = 0;                  // Select: into Recipe::selections
  UnitKind units = UnitKind::Any;        // Select
  Precision precision;                   // Scheme
  const syntax::Value* value = nullptr;  // Param: what it stands for; null when nothing gave it a value
  Scope* value_scope = nullptr;          // Param: the file whose names the value uses
};

// The names of one file: its own and the imported ones, under the names that the file uses.
struct Scope {
  uint32_t file = 0;
  syntax::File tree;
  std::string module;       // std.roles, or the path of the file
  bool root = false;        // the file that was asked for
  bool incomplete = false;  // something could not be read: an unknown name may stand there
  std::map<std::string, Declaration*> names;
  std::map<std::string, Declaration*> own;
  std::set<std::string> reported;  // unknown names, each reported once
};

struct Binder {
  Sources& sources;
  Diagnostics& diagnostics;
  Recipe recipe;
  // Whether something was left out because it was wrong; checks on the whole recipe would then report echoes.
  bool incomplete = false;
  int depth = 0;  // of declarations that need others, while one is read

  std::deque<Scope> scopes;
  std::deque<Declaration> declarations;
  std::deque<syntax::File> literals;      // of --set
  std::map<std::string, Scope*> modules;  // loaded ones; null while loading
  const std::map<std::string, std::string>* open = nullptr;  // BindOptions::open
  // A call of a method is read once however many rules use it; nothing where it was reported as wrong.
  std::map<const syntax::Call*, std::optional<ReadAlgorithm>> read_calls;
  std::set<std::pair<uint32_t, uint32_t>> misfits;  // places of observers that some precision had no use for

  Diagnostic& report(Code code, Span span, std::string message, std::string label = {}) {
    incomplete = true;
    return diagnostics.report(code, span, std::move(message), std::move(label));
  }
};

// "`x` or `y`" and so on, for messages that list what is possible.
std::string alternatives(const std::vector<std::string>& words);
// Adds "did you mean `x`?" with a fix when a candidate is near, else the list of candidates.
void suggest(Diagnostic& diagnostic, const std::string& word, const std::vector<std::string>& candidates);

}  // namespace lcr::binding
