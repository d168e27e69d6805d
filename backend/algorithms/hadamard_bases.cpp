#include "backend/algorithms/hadamard_bases.h"

#include <ATen/ATen.h>

#include <array>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/check.h"
#include "compiler/language/hadamard_sizes.h"

namespace lcr {
namespace {

// First halves of four symmetric circulants A, B, C, D with A² + B² + C² + D² = 4 m I, the middle included, for the sizes
// 4 m that Paley's constructions over primes leave out. Order 23: Baumert, Golomb, Hall 1962; 43: Williamson 1944; all
// are listed in Sloane's library of Hadamard matrices.
struct Williamson {
  int64_t order;
  std::array<std::string_view, 4> rows;
};
constexpr Williamson quadruples[] = {
    {13, {"+-+--++", "+---+++", "++-+--+", "+----+-"}},
    {23, {"+++-+++-+---", "+++---++-+-+", "+-++-++--+++", "++---+---+-+"}},
    {25, {"+-++++----++-", "+++-+++---+-+", "+-++-+++-++--", "+--++-+-+----"}},
    {29, {"++--+--+-+++-++", "++++-++-+---+++", "+-+---++--+-+++", "+++---++--+-+--"}},
    {39, {"+++--+-+-----+--++--", "++++---+--++----+-+-", "+++--++-+---+-+--+--", "+---++-+-+-----+++-+"}},
    {43,
     {"+---++--++++-+-+++-++-", "++-++++++----+-+--++-+", "+++-+-++--+-+-++++-+--", "++---++++-+--+--++----"}},
};

static_assert(std::size(quadruples) == williamson_orders.size());

const Williamson* find_quadruple(int64_t n) {
  for (const Williamson& quadruple : quadruples)
    if (4 * quadruple.order == n) return &quadruple;
  return nullptr;
}

at::Tensor symmetric_circulant(const Williamson& quadruple, size_t which) {
  int64_t m = quadruple.order;
  at::Tensor result = at::empty({m, m}, at::kDouble);
  double* out = result.mutable_data_ptr<double>();
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < m; ++j) {
      int64_t apart = i < j ? j - i : i - j;
      out[i * m + j] = quadruple.rows[which][std::min(apart, m - apart)] == '+' ? 1 : -1;
    }
  return result;
}

at::Tensor williamson(const Williamson& quadruple) {
  at::Tensor a = symmetric_circulant(quadruple, 0), b = symmetric_circulant(quadruple, 1);
  at::Tensor c = symmetric_circulant(quadruple, 2), d = symmetric_circulant(quadruple, 3);
  return at::cat({at::cat({a, b, c, d}, 1), at::cat({-b, a, -d, c}, 1), at::cat({-c, d, a, -b}, 1),
                  at::cat({-d, -c, b, a}, 1)});
}

// Jacobsthal's matrix with a border of ones: [[0, 1ᵀ], [±1, Q]], Q[a, b] the quadratic character of a - b; q prime.
at::Tensor conference(int64_t q) {
  std::vector<double> character(q, -1);
  character[0] = 0;
  for (int64_t x = 1; x < q; ++x) character[x * x % q] = 1;
  int64_t n = q + 1;
  at::Tensor result = at::empty({n, n}, at::kDouble);
  double* out = result.mutable_data_ptr<double>();
  double border = q % 4 == 3 ? -1 : 1;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j)
      out[i * n + j] = i == 0 ? (j == 0 ? 0 : 1) : j == 0 ? border : character[(i - j + q) % q];
  return result;
}

// Paley 1933: I + S for the skew conference matrix S of q = 3 mod 4.
at::Tensor paley_one(int64_t n) { return conference(n - 1) + at::eye(n, at::kDouble); }

// For the symmetric one of q = 1 mod 4: its zeros become [[1, -1], [-1, -1]], its ±1 become ±[[1, 1], [1, -1]].
at::Tensor paley_two(int64_t n) {
  at::Tensor one = at::tensor({1., 1., 1., -1.}, at::kDouble).view({2, 2});
  at::Tensor zero = at::tensor({1., -1., -1., -1.}, at::kDouble).view({2, 2});
  return at::kron(conference(n / 2 - 1), one) + at::kron(at::eye(n / 2, at::kDouble), zero);
}

}  // namespace

at::Tensor hadamard_base_signs(int64_t n) {
  LCR_CHECK(is_hadamard_base(n), "no construction of a Hadamard matrix of this size");
  if (n == 1) return at::ones({1, 1}, at::kDouble);
  if (is_paley_one(n)) return paley_one(n);
  if (is_paley_two(n)) return paley_two(n);
  return williamson(*find_quadruple(n));
}

}  // namespace lcr
