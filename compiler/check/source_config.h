#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/language/format.h"
#include "compiler/model/json.h"
#include "compiler/select/regex.h"

namespace lcr {

// The groups of a compressed-tensors configuration, as a reader understands them.
class SourceConfig {
 public:
  explicit SourceConfig(const Json& quantization);

  // Of a module, by its name, then by expressions, then by class; nothing when no group has it.
  std::optional<Precision> precision(std::string_view module, std::string_view class_name) const;

 private:
  struct Group {
    std::vector<std::string> names, classes;
    std::vector<std::shared_ptr<NameRegex>> expressions;
    std::optional<Precision> precision;
  };
  std::vector<Group> groups_;
};

}  // namespace lcr
