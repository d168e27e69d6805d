#include "compiler/language/hadamard_sizes.h"

#include <algorithm>

namespace lcr {
namespace {

bool is_prime(int64_t q) {
  if (q < 2) return false;
  for (int64_t divisor = 2; divisor * divisor <= q; ++divisor)
    if (q % divisor == 0) return false;
  return true;
}

}  // namespace

bool is_paley_one(int64_t n) { return n % 4 == 0 && is_prime(n - 1); }
bool is_paley_two(int64_t n) { return n % 4 == 0 && (n / 2 - 1) % 4 == 1 && is_prime(n / 2 - 1); }

bool is_hadamard_base(int64_t n) {
  const bool williamson =
      n % 4 == 0 && std::find(williamson_orders.begin(), williamson_orders.end(), n / 4) != williamson_orders.end();
  return n == 1 || williamson || is_paley_one(n) || is_paley_two(n);
}

int64_t hadamard_base(int64_t n) {
  if (n < 1) return 0;
  int64_t base = n;
  while (base % 2 == 0) base /= 2;
  for (; base <= n; base *= 2)
    if (is_hadamard_base(base)) return base;
  return 0;
}

bool has_hadamard(int64_t n) { return hadamard_base(n) > 0; }

int64_t largest_hadamard_block(int64_t n) {
  for (int64_t parts = 1; parts <= n; ++parts)
    if (n % parts == 0 && has_hadamard(n / parts)) return n / parts;
  return 1;
}

}  // namespace lcr
