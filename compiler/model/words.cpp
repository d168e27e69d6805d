#include "compiler/model/words.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lcr::elaboration {
namespace {

constexpr std::array<std::string_view, 17> words{"halves",  "neighbours",  "blocked", "interleaved", "output", "input",
                                                 "max",     "top2",        "token",   "channel",     "grid",   "shared",
                                                 "f32",     "alternating", "native",  "mixed",       "bilinear"};

constexpr std::array<std::pair<std::string_view, Mask::Kind>, 3> masks{
    {{"causal", Mask::Kind::Causal}, {"full", Mask::Kind::Full}, {"image", Mask::Kind::Image}}};

// Several spellings of config.json mean one function.
constexpr std::array<std::pair<std::string_view, Activation>, 15> activations{{
    {"silu", Activation::Silu},
    {"swish", Activation::Silu},
    {"gelu", Activation::Gelu},
    {"gelu_tanh", Activation::GeluTanh},
    {"gelu_pytorch_tanh", Activation::GeluTanh},
    {"gelu_new", Activation::GeluTanh},
    {"gelu_fast", Activation::GeluTanh},
    {"quick_gelu", Activation::QuickGelu},
    {"relu", Activation::Relu},
    {"relu2", Activation::Relu2},
    {"sigmoid", Activation::Sigmoid},
    {"tanh", Activation::Tanh},
    {"softplus", Activation::Softplus},
    {"exp", Activation::Exp},
    {"identity", Activation::Identity},
}};

}  // namespace

std::optional<Term> word_of(std::string_view name) {
  for (const auto& [word, kind] : masks)
    if (word == name) return Term{Mask{kind, 0, {}}};
  if (std::find(words.begin(), words.end(), name) != words.end()) return Term{std::string(name)};
  return std::nullopt;
}

std::optional<Activation> activation_of(std::string_view name) {
  for (const auto& [word, activation] : activations)
    if (word == name) return activation;
  return std::nullopt;
}

}  // namespace lcr::elaboration
