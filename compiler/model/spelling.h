#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/model/elaborator.h"

namespace lcr::elaboration {

// How the checkpoint at hand spells the names of an architecture text: of each row of its `names` one alternative.
class Spelling {
 public:
  // Reads the rows of a description and of its parts. Each alternative is a front part and `**`.
  Spelling(Elaborator& elaborator, const Scope& scope);

  // For each row the first alternative under which the checkpoint holds one of the declared tensors.
  void choose(const Checkpoint& checkpoint, const std::vector<std::string>& declared);

  // In place. Names that no row matches stay as they are.
  void apply(std::string& name) const;

  // The other alternatives' spellings of a name that was written as the text does.
  std::vector<std::string> others(std::string_view name) const;

 private:
  struct Row {
    std::vector<std::string> fronts;  // "model.", "model.language_model."; the first is the text's own
    size_t chosen = 0;
  };
  void read(Elaborator& elaborator, const Scope& scope);

  std::vector<Row> rows_;
};

}  // namespace lcr::elaboration
