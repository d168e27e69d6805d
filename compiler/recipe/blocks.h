#pragma once

#include "compiler/recipe/binder.h"

// The blocks of a recipe. Each is read into its structure; fields that are wrong are reported and keep their defaults.
namespace lcr::binding {

Calibration read_calibration(Binder& binder, Scope& scope, const syntax::Calibrate& block, Span head);
Budget read_budget(Binder& binder, Scope& scope, const syntax::Budget& block, Span head);
Schedule read_schedule(Binder& binder, Scope& scope, const syntax::Schedule& block, Span head);
Serve read_serve(Binder& binder, Scope& scope, const syntax::Serve& block, Span statement);
Export read_export(Binder& binder, Scope& scope, const syntax::Export& block, Span statement);

// Folders of exports must differ.
void check_exports(Binder& binder);

}  // namespace lcr::binding
