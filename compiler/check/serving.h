#pragma once

#include <string>
#include <vector>

#include "compiler/check/context.h"
#include "compiler/check/serving_text.h"

namespace lcr {

// One reason why a server would not load the result.
struct Refusal {
  std::string message;
  Span span;         // in the recipe
  Span other;        // of another rule that takes part; empty when there is none
  std::string other_text;
  std::vector<uint32_t> units;
  bool points = false;
  std::vector<std::string> notes, helps;
};

// A server as `serve` asks for it; without capabilities any will do.
struct ServingTarget {
  std::vector<double> capabilities;
  std::vector<int64_t> ranks = {1};
};

// What the model and the assignments look like to a server, computed once for all servers.
class ServingView {
 public:
  explicit ServingView(const CheckContext& context);

  std::vector<Refusal> refusals(const ServingText& text, const ServingTarget& target) const;

 private:
  void accept(const ServingText& text, const ServingTarget& target, std::vector<Refusal>& found) const;
  void accept_points(const ServingText& text, const ServingTarget& target, std::vector<Refusal>& found) const;
  void compare(const RequireRule& rule, const ServingText& text, const ServingTarget& target,
               std::vector<Refusal>& found) const;
  void quantized(const RequireRule& rule, const ServingText& text, std::vector<Refusal>& found) const;
  void same(const RequireRule& rule, const ServingText& text, std::vector<Refusal>& found) const;
  void rotated(const RequireRule& rule, const ServingText& text, const ServingTarget& target,
               std::vector<Refusal>& found) const;
  bool rotation_breaks(const RequireRule& rule, const ServingTarget& target, uint32_t module) const;
  Span rotation_span(uint32_t module) const;
  UnitTraits traits(const ModuleClass& one) const;
  std::vector<std::vector<uint32_t>> groups(const RequireRule& rule) const;
  bool equal(const RequireRule& rule, uint32_t a, uint32_t b) const;

  const CheckContext& context_;
  std::vector<uint32_t> class_of_;  // by module
  std::vector<int32_t> fused_of_;   // by module, into ModelGraph::fused; -1: none
};

}  // namespace lcr
