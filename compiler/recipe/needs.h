#pragma once

#include "compiler/recipe/binder.h"

namespace lcr::binding {

// What only the whole recipe shows: data that is needed and not there or there and not needed, budgets without choices
// and choices without budgets, numbers of samples, routes.
void check_whole(Binder& binder);

}  // namespace lcr::binding
