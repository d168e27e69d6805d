#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The table of algorithms and observers with their parameters: types, ranges, defaults and where they apply. Checking,
// completion and hover all read it.
namespace lcr {

enum class ParameterType {
  Ratio,      // 5%
  Count,      // 128
  Number,     // 0.5
  Seed,       // a count that starts a random sequence
  Selection,  // modules
  Word,       // one of `words`
  Words,      // a list of `words`, each once
  Observer,
};

// How a parameter that the text leaves out gets its value.
enum class Absent {
  Default,  // `fallback`
  Refused,  // it must be written
  Allowed,  // it has no value then: all legal producers, the whole width
  Sampled,  // as Refused where the `kind` samples, refused otherwise
};

struct ParameterInfo;

// A word that takes parameters of its own: `owl(outlier = 5, spread = 8%)`.
struct WordInfo {
  std::string_view name;
  std::span<const ParameterInfo> parameters;
};

struct ParameterInfo {
  std::string_view name;
  ParameterType type;
  Absent absent;
  std::string_view fallback;  // as the language writes it
  double low = 0, high = 0;   // inclusive; no upper limit when high < low
  bool above_low = false;     // low itself is too small
  std::span<const WordInfo> words = {};
  std::string_view doc = {};
  bool positional = false;  // written without its name: fixed(2688)
  std::string_view behind_awq = {};  // the fallback in a stack with `awq`; empty: the same
};

enum class AlgorithmRole { Transform, Solver, ModelWide, Pruner };

struct AlgorithmInfo {
  std::string_view name;
  AlgorithmRole role;
  int order;  // of transforms in a stack
  bool needs_data;
  bool linear_only;  // else every kind that can be quantized
  bool on_caches;
  std::span<const ParameterInfo> parameters;
  std::string_view doc;
};

struct ObserverInfo {
  std::string_view name;
  bool on_weights;
  bool on_activations;
  bool needs_data;  // also on weights
  std::span<const ParameterInfo> parameters;
  std::string_view doc;
};

std::span<const AlgorithmInfo> algorithms();
std::span<const ObserverInfo> observers();
// Null when there is none.
const AlgorithmInfo* find_algorithm(std::string_view name);
const ObserverInfo* find_observer(std::string_view name);
const ParameterInfo* find_parameter(std::span<const ParameterInfo> parameters, std::string_view name);
const WordInfo* find_word(const ParameterInfo& parameter, std::string_view word);

// `exponent` of every observer: the choice of a power of two, where the scale is e8m0.
const ParameterInfo& exponent_parameter();

std::vector<std::string> algorithm_names();
std::vector<std::string> algorithm_names(AlgorithmRole role);
std::vector<std::string> observer_names();
std::vector<std::string> parameter_names(std::span<const ParameterInfo> parameters);
std::vector<std::string> word_names(const ParameterInfo& parameter);

// "between 2 and 1000", "above 0%": in the parameter's own literals.
std::string range_text(const ParameterInfo& parameter);
bool in_range(const ParameterInfo& parameter, double value);
std::string_view describe(ParameterType type);

}  // namespace lcr
