#pragma once

// Included by the kernels_*.cpp, inside of the namespace of one instruction set; no other file may include this.
// Eight codes of B bits are B whole bytes: eight bytes in a 64-bit lane close up in three steps (pairs, fours, eight),
// little-endian throughout.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

// The low `count` bits of every lane of `lane` bits.
constexpr uint64_t lanes(int lane, int count) {
  uint64_t mask = 0;
  for (int at = 0; at < 64; at += lane)
    for (int bit = 0; bit < count; ++bit) mask |= 1ull << (at + bit);
  return mask;
}

template <int B>
LCR_SCALAR uint64_t close_up(uint64_t x) {
  constexpr uint64_t one = lanes(16, B), two = lanes(32, 2 * B), four = lanes(64, 4 * B);
  x = (x & one) | (x >> (8 - B) & one << B);
  x = (x & two) | (x >> (16 - 2 * B) & two << (2 * B));
  return (x & four) | (x >> (32 - 4 * B) & four << (4 * B));
}

template <int B>
LCR_SCALAR uint64_t spread(uint64_t x) {
  constexpr uint64_t one = lanes(16, B), two = lanes(32, 2 * B), four = lanes(64, 4 * B);
  x = (x & four) | (x & four << (4 * B)) << (32 - 4 * B);
  x = (x & two) | (x & two << (2 * B)) << (16 - 2 * B);
  return (x & one) | (x & one << B) << (8 - B);
}

template <int B>
void pack_bits(const uint8_t* __restrict codes, int64_t count, uint8_t* __restrict out, int64_t out_bytes) {
  const int64_t eights = count / 8;
  constexpr int64_t chunk = 64;
  uint64_t closed[chunk];
  for (int64_t begin = 0; begin < eights; begin += chunk) {
    const int64_t length = eights - begin < chunk ? eights - begin : chunk;
    for (int64_t i = 0; i < length; ++i) {
      uint64_t x;
      __builtin_memcpy(&x, codes + 8 * (begin + i), 8);
      closed[i] = close_up<B>(x);
    }
    // Eight bytes at a time where the next code's bytes overwrite the excess.
    uint8_t* to = out + B * begin;
    const int64_t whole = begin + length < eights ? length : length - (length < 8 / B + 1 ? length : 8 / B + 1);
    for (int64_t i = 0; i < whole; ++i) __builtin_memcpy(to + B * i, &closed[i], 8);
    for (int64_t i = whole; i < length; ++i) __builtin_memcpy(to + B * i, &closed[i], B);
  }
  int64_t done = eights * B;
  if (const int64_t rest = count % 8) {
    uint64_t x = 0;
    __builtin_memcpy(&x, codes + 8 * eights, static_cast<size_t>(rest));
    x = close_up<B>(x);
    const int64_t bytes = (rest * B + 7) / 8;
    __builtin_memcpy(out + done, &x, static_cast<size_t>(bytes));
    done += bytes;
  }
  for (; done < out_bytes; ++done) out[done] = 0;
}

// Four bits: two codes a byte, in lanes that narrow without a second step.
template <>
void pack_bits<4>(const uint8_t* __restrict codes, int64_t count, uint8_t* __restrict out, int64_t out_bytes) {
  const int64_t pairs = count / 2;
  for (int64_t i = 0; i < pairs; ++i) {
    uint16_t pair;
    __builtin_memcpy(&pair, codes + 2 * i, 2);
    out[i] = static_cast<uint8_t>(pair | pair >> 4);
  }
  int64_t done = pairs;
  if (count % 2) out[done++] = codes[count - 1];
  for (; done < out_bytes; ++done) out[done] = 0;
}

template <int B>
void unpack_bits(const uint8_t* __restrict packed, int64_t count, uint8_t* __restrict codes) {
  const int64_t eights = count / 8;
  for (int64_t i = 0; i < eights; ++i) {
    uint64_t x = 0;
    __builtin_memcpy(&x, packed + B * i, B);
    x = spread<B>(x);
    __builtin_memcpy(codes + 8 * i, &x, 8);
  }
  if (const int64_t rest = count % 8) {
    uint64_t x = 0;
    __builtin_memcpy(&x, packed + B * eights, static_cast<size_t>((rest * B + 7) / 8));
    x = spread<B>(x);
    __builtin_memcpy(codes + 8 * eights, &x, static_cast<size_t>(rest));
  }
}

void pack(const uint8_t* codes, int64_t count, int bits, uint8_t* out, int64_t out_bytes) {
  switch (bits) {
    case 1: return pack_bits<1>(codes, count, out, out_bytes);
    case 2: return pack_bits<2>(codes, count, out, out_bytes);
    case 3: return pack_bits<3>(codes, count, out, out_bytes);
    case 4: return pack_bits<4>(codes, count, out, out_bytes);
    case 5: return pack_bits<5>(codes, count, out, out_bytes);
    case 6: return pack_bits<6>(codes, count, out, out_bytes);
    case 7: return pack_bits<7>(codes, count, out, out_bytes);
    default: return pack_bits<8>(codes, count, out, out_bytes);
  }
}

void unpack(const uint8_t* packed, int64_t count, int bits, uint8_t* codes) {
  switch (bits) {
    case 1: return unpack_bits<1>(packed, count, codes);
    case 2: return unpack_bits<2>(packed, count, codes);
    case 3: return unpack_bits<3>(packed, count, codes);
    case 4: return unpack_bits<4>(packed, count, codes);
    case 5: return unpack_bits<5>(packed, count, codes);
    case 6: return unpack_bits<6>(packed, count, codes);
    case 7: return unpack_bits<7>(packed, count, codes);
    default: return unpack_bits<8>(packed, count, codes);
  }
}

// Folds the input onto the output: every byte is read and every byte written, by loads and stores of full width.
void copy(const void* in, int64_t in_bytes, void* out, int64_t out_bytes) {
  const uint8_t* __restrict from = static_cast<const uint8_t*>(in);
  uint8_t* __restrict to = static_cast<uint8_t*>(out);
  if (out_bytes == 0) return;
  __builtin_memcpy(to, from, static_cast<size_t>(out_bytes));
  for (int64_t at = out_bytes; at < in_bytes; at += out_bytes) {
    const int64_t count = in_bytes - at < out_bytes ? in_bytes - at : out_bytes;
    for (int64_t i = 0; i < count; ++i) to[i] ^= from[at + i];
  }
}
