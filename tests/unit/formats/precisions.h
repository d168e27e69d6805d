#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "compiler/language/format.h"
#include "compiler/language/stack.h"

namespace lcr::tests {

inline Format integer(int bits, Per per, int64_t group, bool symmetric) {
  Format format;
  format.bits = bits;
  format.per = per;
  format.group = group;
  format.symmetric = symmetric;
  return format;
}

inline Format fp8(Per per) {
  Format format;
  format.element = Element::Fp8;
  format.per = per;
  return format;
}

inline Format mx(Element element) {
  Format format;
  format.element = element;
  format.bits = element == Element::Fp4 ? 4 : 8;
  format.per = Per::Group;
  format.group = 32;
  format.scale = ScaleType::E8M0;
  return format;
}

inline Format nvfp4() {
  Format format;
  format.element = Element::Fp4;
  format.bits = 4;
  format.per = Per::Group;
  format.group = 16;
  format.scale = ScaleType::E4M3;
  format.global = true;
  return format;
}

inline Precision weights(const Format& format, Container container = Container::None) {
  Precision precision;
  precision.weights = format;
  precision.container = container;
  return precision;
}

struct Case {
  std::string name;
  Precision precision;
  Observer observer;
};
inline void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// Every element, width, area, container, scale dtype and exponent. Groups are 16, 32 or 64, blocks 32 x 48.
std::vector<Case> all_cases();

}  // namespace lcr::tests
