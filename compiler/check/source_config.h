#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/check/config_target.h"
#include "compiler/check/typed_recipe.h"
#include "compiler/model/json.h"

namespace lcr {

// What config.json says about the modules that the source stores quantized, as its readers understand it.
class SourceConfig {
 public:
  explicit SourceConfig(const Checkpoint& checkpoint);

  // Of a module with a source codec. A compressed-tensors group is found by name, then by expressions, then by class,
  // each in alphabetical order. Null when the configuration does not speak of the module, or says of it what a
  // precision cannot hold. The same for all modules of a group.
  const Carried* of(const Module& module) const;

  // What keys and values are cached in; and the queries of attentions, which a group of their class says. Nothing where
  // they are not quantized, or in a way that a format cannot hold.
  const std::optional<Format>& cache() const { return cache_; }
  const std::optional<Format>& queries() const { return queries_; }

  // Nothing besides formats of linear layers and embeddings: no caches, no rotations at run time, no other sparsity.
  bool formats_alone() const { return formats_alone_; }
  // The first target that is no regular expression in spite of its `re:`; empty when there is none.
  const std::string& unreadable() const { return unreadable_; }

 private:
  void read_groups(const Json& quantization);
  void add_target(const std::string& text, size_t group);

  std::vector<std::optional<Carried>> groups_;
  std::vector<std::pair<ConfigTarget, size_t>> targets_;  // best first, with their groups
  std::optional<Carried> fp8_blocks_;
  std::optional<Format> cache_, queries_;
  bool formats_alone_ = true;
  std::string unreadable_;
};

}  // namespace lcr
