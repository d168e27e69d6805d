#pragma once

#include "compiler/recipe/binder.h"

namespace lcr::binding {

// "a selection", "a scheme", ...
std::string_view describe(NameKind kind);

// Takes up the declarations of a file. Reports names declared twice and names of built-in things.
void declare_names(Binder& binder, Scope& scope);

// Gives a file a name of another file.
void import_name(Binder& binder, Scope& scope, const syntax::Name& as, Declaration& declaration);

// The declaration of a name, whatever its kind; null when there is none.
Declaration* find(const Scope& scope, const std::string& name);

// As find(), but reports (once for each name and file) when the name is unknown or of another kind. `also` are
// built-in words that are possible in its place, for the suggestion.
Declaration* require(Binder& binder, Scope& scope, const syntax::Name& name, NameKind kind,
                     const std::vector<std::string>& also = {});

// Counts the declarations that are being read, each because the one before needs it. Hostile files could make the chain
// as long as memory, so it has a limit; `fits` is false beyond it, and that is reported.
class Nesting {
 public:
  Nesting(Binder& binder, const syntax::Name& name);
  ~Nesting() { --binder_.depth; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;
  bool fits() const { return fits_; }

 private:
  Binder& binder_;
  bool fits_;
};

// Statements that may not stand in a file of this kind. They are reported and must be skipped by the caller.
bool belongs(const syntax::Statement& statement, syntax::FileKind kind);
void report_misplaced(Binder& binder, const syntax::Statement& statement, syntax::FileKind kind);
std::string_view name_of(syntax::FileKind kind);

}  // namespace lcr::binding
