#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "compiler/syntax/tree.h"

namespace lcr {

// What a walk over a file stops at. Absent functions are skipped.
struct Walk {
  std::function<void(const syntax::Value&)> value;  // every value, outer ones first
  std::function<void(const syntax::Call&)> call;    // every call and bare name: values, stacks, conditions
  std::function<void(const syntax::Field&, std::string_view place)> field;  // `place`: device, host, disk; else empty
};

void walk(const syntax::Statement& statement, const Walk& walk);
void walk(const syntax::Value& value, const Walk& walk);

// The word that a statement begins with, without `override`: "quantize".
std::string_view word_of(const syntax::Statement& statement);

}  // namespace lcr
