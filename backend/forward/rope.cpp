#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

#include "backend/forward/device_kernels.h"
#include "backend/forward/operations.h"
#include "backend/forward/records.h"
#include "compiler/diagnostics/check.h"

namespace lcr::forward {
namespace {

double number(const Rotary& rotary, const char* key, double otherwise) {
  auto found = rotary.numbers.find(key);
  return found == rotary.numbers.end() ? otherwise : found->second;
}

bool has(const Rotary& rotary, const char* key) { return rotary.numbers.contains(key); }

at::Tensor powers(const Rotary& rotary, double theta) {
  at::Tensor exponents = at::arange(0, rotary.dim, 2, at::kLong).to(at::kFloat) / rotary.dim;
  return at::pow(theta, exponents);
}

// Long waves are stretched by the factor, short ones stay, the band between is blended (Llama 3.1).
at::Tensor llama3(const Rotary& rotary) {
  double factor = number(rotary, "factor", 1), old = number(rotary, "original_max_position_embeddings", 8192);
  double low = number(rotary, "low_freq_factor", 1), high = number(rotary, "high_freq_factor", 4);
  at::Tensor inverse = 1.0 / powers(rotary, rotary.theta);
  at::Tensor wave = 2 * std::numbers::pi / inverse;
  at::Tensor stretched = at::where(wave > old / low, inverse / factor, inverse);
  at::Tensor smooth = (old / wave - low) / (high - low);
  at::Tensor middle = (wave >= old / high).logical_and(wave <= old / low);
  return at::where(middle, (1 - smooth) * stretched / factor + smooth * stretched, stretched);
}

// Arxiv 2309.00071: interpolation by parts, and a temperature on the scores that goes into the table.
Frequencies yarn(const Rotary& rotary) {
  double old = number(rotary, "original_max_position_embeddings", rotary.original.value_or(rotary.limit.value_or(0)));
  double factor = number(rotary, "factor", rotary.limit.value_or(old) / old);
  auto scale = [&](double m) { return factor <= 1 ? 1.0 : 0.1 * m * std::log(factor) + 1.0; };
  double mscale = number(rotary, "mscale", 0), all_dim = number(rotary, "mscale_all_dim", 0);
  double attention = mscale != 0 && all_dim != 0 ? scale(mscale) / scale(all_dim) : scale(1);
  if (has(rotary, "attention_factor")) attention = number(rotary, "attention_factor", 1);

  auto dimension_of = [&](double rotations) {
    return rotary.dim * std::log(old / (rotations * 2 * std::numbers::pi)) / (2 * std::log(rotary.theta));
  };
  double low = dimension_of(number(rotary, "beta_fast", 32)), high = dimension_of(number(rotary, "beta_slow", 1));
  auto truncate = rotary.flags.find("truncate");
  if (truncate == rotary.flags.end() || truncate->second) low = std::floor(low), high = std::ceil(high);
  low = std::max(low, 0.0), high = std::min(high, rotary.dim - 1.0);
  if (low == high) high += 0.001;
  at::Tensor ramp = at::clamp((at::arange(rotary.dim / 2, at::kFloat) - low) / (high - low), 0, 1);
  at::Tensor p = powers(rotary, rotary.theta);
  return {1.0 / (p * factor) * ramp + 1.0 / p * (1 - ramp), attention};
}

// Factors for every frequency, one list for short and one for long sequences (Phi-3).
Frequencies longrope(const Rotary& rotary, int64_t length) {
  double old = rotary.original.value_or(number(rotary, "original_max_position_embeddings", rotary.limit.value_or(0)));
  double factor = number(rotary, "factor", rotary.limit.value_or(old) / old);
  double attention = factor <= 1 ? 1.0 : std::sqrt(1 + std::log(factor) / std::log(old));
  if (has(rotary, "attention_factor")) attention = number(rotary, "attention_factor", 1);
  const std::vector<double>& list = rotary.lists.at(length > old ? "long_factor" : "short_factor");
  at::Tensor stretch = at::tensor(list, at::kDouble).to(at::kFloat);
  return {1.0 / (stretch * powers(rotary, rotary.theta)), attention};
}

// In one pass over a dense [rows, heads, width].
at::Tensor rope_of_half(const at::Tensor& x, const RotaryTable& table, bool neighbours, bool round_table, bool round_steps) {
  at::Tensor cosine = table.cosine.contiguous(), sine = table.sine.contiguous(), out = at::empty_like(x);
  lcr_cuda_rotation rotation{};
  rotation.x = x.data_ptr();
  rotation.out = out.data_ptr();
  rotation.dtype = device_dtype(x);
  rotation.rows = x.size(0);
  rotation.heads = x.size(1);
  rotation.width = x.size(2);
  rotation.pairs = cosine.size(1);
  rotation.cosine = cosine.data_ptr<float>();
  rotation.sine = sine.data_ptr<float>();
  rotation.neighbours = neighbours;
  rotation.round_table = round_table;
  rotation.round_steps = round_steps;
  call_kernel(x, device_kernels().rope, rotation);
  return out;
}

}  // namespace

Frequencies frequencies(const Rotary& rotary, int64_t length) {
  const std::string& type = rotary.type;
  // Several axes carry equal positions in a text, so they rotate as one.
  if (type.empty() || type == "default" || type == "mrope" || type == "axial")
    return {1.0 / powers(rotary, rotary.theta), 1.0};
  if (type == "linear") return {1.0 / powers(rotary, rotary.theta) / number(rotary, "factor", 1), 1.0};
  if (type == "dynamic") {
    double factor = number(rotary, "factor", 1), limit = rotary.limit.value_or(0), dim = rotary.dim;
    double n = std::max<double>(length, limit);
    double base = rotary.theta * std::pow(factor * n / limit - (factor - 1), dim / (dim - 2));
    return {1.0 / powers(rotary, base), 1.0};
  }
  if (type == "llama3") return {llama3(rotary), 1.0};
  if (type == "yarn") return yarn(rotary);
  LCR_CHECK(type == "longrope", "rope scaling without a definition");
  return longrope(rotary, length);
}

RotaryTable rotary_table(const Rotary& rotary, const Sequences& sequences) {
  // All sequences of a length share their rows; most packs have one length.
  std::map<int64_t, RotaryTable> by_length;
  std::vector<at::Tensor> cosines, sines;
  for (int64_t length : sequences.lengths) {
    RotaryTable& table = by_length[length];
    if (!table.cosine.defined()) {
      Frequencies f = frequencies(rotary, length);
      at::Tensor angle = at::arange(length, at::kFloat).unsqueeze(1) * f.inverse;
      table = {at::cos(angle) * f.factor, at::sin(angle) * f.factor};
    }
    cosines.push_back(table.cosine);
    sines.push_back(table.sine);
  }
  return {at::cat(cosines), at::cat(sines)};
}

at::Tensor rope(const at::Tensor& x, const RotaryTable& table, const Attributes& attributes, at::ScalarType native) {
  bool f32 = attributes.compute == Compute::F32;
  bool mixed = attributes.compute == Compute::Mixed;
  if (device_kernels().rope != nullptr && x.dim() == 3 && x.scalar_type() == native && takes_half(x))
    return rope_of_half(x, table, attributes.neighbours, /*round_table=*/!f32, /*round_steps=*/!f32 && !mixed);
  at::Tensor cosine = table.cosine.unsqueeze(1), sine = table.sine.unsqueeze(1);
  if (!f32) cosine = cosine.to(native), sine = sine.to(native);
  at::Tensor y = f32 || mixed ? x.to(at::kFloat) : x;
  int64_t dim = 2 * cosine.size(-1);
  at::Tensor turned = y.narrow(-1, 0, dim), first, second, result;
  if (attributes.neighbours) {
    first = turned.slice(-1, 0, dim, 2), second = turned.slice(-1, 1, dim, 2);
    result = at::stack({first * cosine - second * sine, second * cosine + first * sine}, -1).flatten(-2);
  } else {
    first = turned.narrow(-1, 0, dim / 2), second = turned.narrow(-1, dim / 2, dim / 2);
    result = at::cat({first * cosine - second * sine, second * cosine + first * sine}, -1);
  }
  if (dim < y.size(-1)) result = at::cat({result, y.narrow(-1, dim, y.size(-1) - dim)}, -1);
  return result.to(x.scalar_type());
}

}  // namespace lcr::forward
