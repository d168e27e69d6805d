#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "compiler/model/graph.h"

namespace lcr {

// A value of a template, whatever the instance.
struct Place {
  TemplateId owner = 0;
  ValueId value = 0;
  bool operator==(const Place&) const = default;
  auto operator<=>(const Place&) const = default;
};

// Who reads every value, and who calls every template.
class Users {
 public:
  explicit Users(const ModelGraph& graph);

  struct Reader {
    uint32_t node = 0;
    size_t input = 0;  // which of its inputs
  };
  const std::vector<Reader>& readers(Place place) const { return readers_[place.owner][place.value]; }
  // The values outside that a template's input or output is: arguments and results of every call.
  std::vector<Place> arguments(TemplateId callee, size_t input) const;
  std::vector<Place> results(TemplateId callee, size_t output) const;

 private:
  const ModelGraph& graph_;
  std::vector<std::vector<std::vector<Reader>>> readers_;
  struct Call {
    TemplateId owner;
    uint32_t node;
  };
  std::vector<std::vector<Call>> callers_;
};

}  // namespace lcr
