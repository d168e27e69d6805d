#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/model/graph.h"
#include "compiler/recipe/recipe.h"

namespace lcr {

class NameTrees;

// A set of weight-bearing modules or of attention points of one model (never both).
class UnitSet {
 public:
  UnitSet(bool points, size_t size) : points_(points), words_((size + 63) / 64), size_(size) {}
  bool points() const { return points_; }
  size_t universe() const { return size_; }
  bool contains(size_t unit) const { return words_[unit / 64] >> (unit % 64) & 1; }
  void insert(size_t unit) { words_[unit / 64] |= uint64_t{1} << (unit % 64); }
  void erase(size_t unit) { words_[unit / 64] &= ~(uint64_t{1} << (unit % 64)); }
  size_t count() const;
  bool empty() const;
  std::vector<uint32_t> members() const;
  UnitSet& operator|=(const UnitSet& other);
  UnitSet& operator&=(const UnitSet& other);
  UnitSet& operator-=(const UnitSet& other);

 private:
  bool points_;
  std::vector<uint64_t> words_;
  size_t size_;
};

// Matches selections against one model; names are matched once and remembered. Reports empty leaves (with the nearest
// existing names), mixed kinds, unknown roles and kinds, `expect` that does not hold, too expensive expressions.
class Selector {
 public:
  // `names` are those of the graph, where others match against it too.
  Selector(const Recipe& recipe, const ModelGraph& graph, Diagnostics& diagnostics, const NameTrees* names = nullptr);
  ~Selector();

  // Weight-bearing modules, unless the selection itself speaks of attention points. A set that is empty though
  // nothing in the selection is optional was reported, and so was every other mistake; `failed` tells.
  UnitSet match(const Selection& selection);
  // Recipe::selections[index], as the parameters of algorithms name them.
  UnitSet match_named(size_t index);
  // Whether a match so far was reported as wrong.
  bool failed() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lcr
