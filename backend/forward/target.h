#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/model/graph.h"

namespace lcr {

// One entry of `targets` or `ignore` in a quantization_config: `re:` and a regular expression that a name must begin
// with, a module's path, or a class.
class Target {
 public:
  // Reports an expression that cannot be compiled.
  static std::optional<Target> make(const std::string& text, Diagnostics& diagnostics);

  bool matches(const Module& module) const;
  // Exact names first, then expressions, then classes; each in alphabetical order.
  std::pair<int, std::string> rank() const;

 private:
  std::string text_;
  std::shared_ptr<void> expression_;
};

}  // namespace lcr
