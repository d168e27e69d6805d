#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/model/elaborator.h"
#include "compiler/model/path_pattern.h"
#include "compiler/model/spelling.h"

namespace lcr::elaboration {

// Where a tensor that is stored under no name of its own lies: a view of other tensors. One for all experts.
struct Placement {
  TensorView view;
  bool failed = false;     // reported: the sources exist, and the view of them is not what the text declares
  bool by_expert = false;  // the slice `expert_slice` of step `expert_step` is the expert's number
  size_t expert_step = 0, expert_slice = 0;
};

// The layouts of a description and of its parts.
class Layouts {
 public:
  Layouts(Elaborator& elaborator, const Scope& scope, const Checkpoint& checkpoint, const Spelling& spelling);

  // The first layout all of whose sources exist, for a tensor as the text names it ("{}" for the number of an
  // expert, of `experts`). Reports views that do not have the declared shape.
  std::optional<Placement> place(std::string_view name, const Dims& declared, int64_t experts);

  // Reports stored tensors that the views given out so far do not cover exactly once.
  void check_tiling();

 private:
  struct Row {
    const syntax::LayoutRow* row;
    PathPattern pattern;
    const Scope* scope;
    bool evaluated = false, usable = false;
    std::vector<TensorView::Step> steps;
    bool by_expert = false;
    size_t expert_step = 0, expert_slice = 0;
  };
  // One axis of the stored tensor that a view keeps or fixes.
  struct Extent {
    int64_t low = 0, step = 1, count = 0;
    bool expert = false;
  };
  struct Use {
    std::vector<Extent> box;
    const syntax::LayoutRow* row;
  };

  void read(const Scope& scope);
  void evaluate(Row& row);
  std::optional<std::vector<uint32_t>> sources(const Row& row, std::string_view any) const;
  bool fits(const Row& row, const std::vector<uint32_t>& sources, const Dims& declared, int64_t experts);
  std::optional<Dims> stored_dims(const Row& row, const std::vector<uint32_t>& sources) const;

  Elaborator& elaborator_;
  const Checkpoint& checkpoint_;
  const Spelling& spelling_;
  std::vector<Row> rows_;
  std::map<uint32_t, std::vector<Use>> uses_;  // by stored tensor
};

}  // namespace lcr::elaboration
