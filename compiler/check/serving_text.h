#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/check/pattern.h"
#include "compiler/model/graph.h"

namespace lcr {

// A bound on the compute capability: `capability >= 8.9`, `<= 8.9` or `= 9.0`.
struct CapabilityBound {
  bool from = true, to = false;
  double value = 0;
  bool holds(double capability) const {
    return capability == value || (capability > value ? !to : !from);
  }
};

struct AcceptRule {
  std::string name;
  syntax::Value selection;
  PrecisionPattern pattern;
  std::optional<CapabilityBound> capability;
};

struct RequireRule {
  // A comparison of sizes; what must be the same: within a merged layer or a layer's experts, or in the whole model;
  // what may not be kept once something in the model matches `when`; or what may not be rotated at run time: at all,
  // with a bias, or on several ranks.
  enum class Kind {
    Comparison, SameKept, SamePrecision, SameRotation, AlikePrecision, Quantized, Unrotated, RotatedPlain, RotatedWhole
  } kind = Kind::Comparison;
  std::optional<syntax::Comparison> comparison;
  syntax::Value selection;
  PrecisionPattern when;
  std::string message;
};

// What a server accepts: one text of std.serving.
struct ServingText {
  std::string name, since;
  std::vector<AcceptRule> accepts;
  std::vector<RequireRule> requires_;
};

std::vector<std::string> known_servers();
// The text of a known server. Reports what is malformed in it.
std::optional<ServingText> read_serving(const std::string& server, Sources& sources, Diagnostics& diagnostics);
// What is malformed in a serving text that stands by itself; nothing about a file of another kind.
void check_serving_file(const syntax::File& file, Diagnostics& diagnostics);

// What a serving selection can ask of a unit.
struct UnitTraits {
  std::string_view type;  // linear, embedding, … or keys, values, queries
  Role roles = Role::None;
  std::string_view architecture;
  std::vector<std::string_view> fused;  // names of the merged layers that it is a part of
};
bool selects(const syntax::Value& selection, const UnitTraits& unit);

// Sizes that a comparison can name.
struct UnitSizes {
  int64_t in = 0, out = 0, group = 0, block_rows = 0, block_columns = 0, bits = 0;
};
bool holds(const syntax::Comparison& comparison, const UnitSizes& sizes);

}  // namespace lcr
