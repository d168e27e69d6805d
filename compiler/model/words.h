#pragma once

#include <optional>
#include <string_view>

#include "compiler/model/term.h"

namespace lcr::elaboration {

// The contextual words of architecture texts: masks, and enumeration values of arguments (as texts).
std::optional<Term> word_of(std::string_view name);

// An activation by its name in a text or in config.json ("silu", "gelu_pytorch_tanh").
std::optional<Activation> activation_of(std::string_view name);

}  // namespace lcr::elaboration
