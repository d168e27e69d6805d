#pragma once

// Included by the kernels_*.cpp, inside of the namespace of one instruction set; no other file may include this.

// Two neighbours are loaded as one integer: cheaper than widening, and their codes leave as one integer too.
template <Dtype D>
struct Stored;
template <>
struct Stored<Dtype::BF16> {
  using Type = uint16_t;
  using Pair = uint32_t;
  using Signed = int16_t;
  LCR_SCALAR static float load(uint16_t x) { return bits::from_bf16(x); }
  LCR_SCALAR static float first(uint32_t pair) { return bits::to_float(pair << 16); }
  LCR_SCALAR static float second(uint32_t pair) { return bits::to_float(pair & 0xFFFF0000u); }
};
template <>
struct Stored<Dtype::F16> {
  using Type = uint16_t;
  using Pair = uint32_t;
  using Signed = int16_t;
  LCR_SCALAR static float load(uint16_t x) { return bits::from_f16(x); }
  LCR_SCALAR static float first(uint32_t pair) { return bits::from_f16(static_cast<uint16_t>(pair)); }
  LCR_SCALAR static float second(uint32_t pair) { return bits::from_f16(static_cast<uint16_t>(pair >> 16)); }
};
template <>
struct Stored<Dtype::F32> {
  using Type = uint32_t;
  using Pair = uint64_t;
  using Signed = int32_t;
  LCR_SCALAR static float load(uint32_t x) { return bits::to_float(x); }
  LCR_SCALAR static float first(uint64_t pair) { return bits::to_float(static_cast<uint32_t>(pair)); }
  LCR_SCALAR static float second(uint64_t pair) { return bits::to_float(static_cast<uint32_t>(pair >> 32)); }
};

// Calls `function` with the pointer of the right type; the three float dtypes only.
#define LCR_DISPATCH(dtype, x, function, ...)                                                          \
  switch (dtype) {                                                                                     \
    case Dtype::BF16: return function<Dtype::BF16>(static_cast<const uint16_t*>(x), __VA_ARGS__);      \
    case Dtype::F16: return function<Dtype::F16>(static_cast<const uint16_t*>(x), __VA_ARGS__);        \
    default: return function<Dtype::F32>(static_cast<const uint32_t*>(x), __VA_ARGS__);                \
  }

// Magnitudes of floats order as their bit patterns do.
template <Dtype D>
void absmax_of(const typename Stored<D>::Type* __restrict x, int64_t units, int64_t unit, float* __restrict out) {
  using Type = typename Stored<D>::Type;
  constexpr Type mask = static_cast<Type>(~Type{0}) >> 1;
  for (int64_t u = 0; u < units; ++u, x += unit) {
    Type most = 0;
    for (int64_t i = 0; i < unit; ++i) {
      const Type m = x[i] & mask;
      most = m > most ? m : most;
    }
    out[u] = Stored<D>::load(most);
  }
}

// Sign-magnitude to two's complement, so that integers order as the floats; its own inverse.
template <class Signed>
LCR_SCALAR Signed ordered(Signed x) {
  constexpr Signed mask = static_cast<Signed>(~(Signed{1} << (sizeof(Signed) * 8 - 1)));
  return static_cast<Signed>(x ^ ((x >> (sizeof(Signed) * 8 - 1)) & mask));
}

template <Dtype D>
void range_of(const typename Stored<D>::Type* __restrict x, int64_t units, int64_t unit, float* __restrict low,
              float* __restrict high) {
  using Type = typename Stored<D>::Type;
  using Signed = typename Stored<D>::Signed;
  for (int64_t u = 0; u < units; ++u, x += unit) {
    Signed least = 0, most = 0;
    for (int64_t i = 0; i < unit; ++i) {
      const Signed value = ordered(static_cast<Signed>(x[i]));
      least = value < least ? value : least;
      most = value > most ? value : most;
    }
    low[u] = least < 0 ? Stored<D>::load(static_cast<Type>(ordered(least))) : 0.f;
    high[u] = Stored<D>::load(static_cast<Type>(most));
  }
}

template <Dtype D>
void widen_from(const typename Stored<D>::Type* __restrict x, int64_t count, float* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] = Stored<D>::load(x[i]);
}

void absmax(const void* x, Dtype dtype, int64_t units, int64_t unit, float* out) {
  LCR_DISPATCH(dtype, x, absmax_of, units, unit, out)
}

void range(const void* x, Dtype dtype, int64_t units, int64_t unit, float* low, float* high) {
  LCR_DISPATCH(dtype, x, range_of, units, unit, low, high)
}

void widen(const void* x, Dtype dtype, int64_t count, float* out) { LCR_DISPATCH(dtype, x, widen_from, count, out) }

void narrow(const float* __restrict x, int64_t count, Dtype dtype, void* out) {
  if (dtype == Dtype::F32) {
    __builtin_memcpy(out, x, static_cast<size_t>(count) * 4);
    return;
  }
  uint16_t* __restrict half = static_cast<uint16_t*>(out);
  if (dtype == Dtype::BF16)
    for (int64_t i = 0; i < count; ++i) half[i] = bits::to_bf16(x[i]);
  else
    for (int64_t i = 0; i < count; ++i) half[i] = bits::to_f16(x[i]);
}
