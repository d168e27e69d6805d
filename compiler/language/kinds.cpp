#include "compiler/language/kinds.h"

namespace lcr {

const std::vector<std::string>& weight_kinds() {
  static const std::vector<std::string> kinds = {"linear", "embedding", "norm", "conv", "parameter", "positions"};
  return kinds;
}

const std::vector<std::string>& point_kinds() {
  static const std::vector<std::string> kinds = {"keys", "values", "queries"};
  return kinds;
}

const std::vector<std::string>& role_words() {
  static const std::vector<std::string> roles = {"decoder",   "attention", "linear_attention", "mlp",
                                                 "embedding", "head",      "router",           "expert",
                                                 "vision",    "audio",     "projector",        "mtp"};
  return roles;
}

}  // namespace lcr
