#include "compiler/language/dtype.h"

#include <array>

namespace lcr {
namespace {

struct Entry {
  std::string_view name;
  int64_t bytes;
  bool is_float;
};

// In the order of the enumeration.
constexpr std::array<Entry, 16> entries{{
    {"BOOL", 1, false},
    {"U8", 1, false},
    {"I8", 1, false},
    {"F8_E4M3", 1, true},
    {"F8_E5M2", 1, true},
    {"F8_E8M0", 1, true},
    {"U16", 2, false},
    {"I16", 2, false},
    {"F16", 2, true},
    {"BF16", 2, true},
    {"U32", 4, false},
    {"I32", 4, false},
    {"F32", 4, true},
    {"U64", 8, false},
    {"I64", 8, false},
    {"F64", 8, true},
}};
static_assert(entries.size() == static_cast<size_t>(Dtype::F64) + 1);

}  // namespace

int64_t size_of(Dtype dtype) { return entries[static_cast<size_t>(dtype)].bytes; }

std::string_view name_of(Dtype dtype) { return entries[static_cast<size_t>(dtype)].name; }

std::optional<Dtype> dtype_named(std::string_view name) {
  for (size_t i = 0; i < entries.size(); ++i)
    if (entries[i].name == name) return static_cast<Dtype>(i);
  return std::nullopt;
}

bool is_float(Dtype dtype) { return entries[static_cast<size_t>(dtype)].is_float; }

int64_t elements_of(const Dims& dims) {
  int64_t count = 1;
  for (int64_t extent : dims) count *= extent;
  return count;
}

}  // namespace lcr
