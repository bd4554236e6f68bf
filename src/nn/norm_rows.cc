#include "nn/norm_rows.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

namespace hepatica::nn {

namespace {

constexpr int kLanes = 16;
constexpr int64_t kChunk = 512;  // rows whose sums are taken in f32

using Floats = float __attribute__((vector_size(4 * kLanes)));
using Words = uint32_t __attribute__((vector_size(4 * kLanes)));
using Halves = uint16_t __attribute__((vector_size(2 * kLanes)));

// The bodies below are compiled once for any processor and once for AVX-512; they must be inlined into either.
#define HEPATICA_INLINE inline __attribute__((always_inline))
#define HEPATICA_INLINE_LAMBDA __attribute__((always_inline))

HEPATICA_INLINE Floats spread(float value) { return Floats{} + value; }

/// `n` values, the other lanes 0.
HEPATICA_INLINE Floats load(const float* from, int n) {
  Floats v{};
  if (n == kLanes)
    std::memcpy(&v, from, sizeof v);
  else
    std::memcpy(&v, from, size_t(n) * 4);
  return v;
}

HEPATICA_INLINE Floats load(const uint16_t* from, int n) {
  Halves bits{};
  if (n == kLanes)
    std::memcpy(&bits, from, sizeof bits);
  else
    std::memcpy(&bits, from, size_t(n) * 2);
  return std::bit_cast<Floats>(__builtin_convertvector(bits, Words) << 16);
}

HEPATICA_INLINE void store(const Floats& v, float* to, int n) {
  if (n == kLanes)
    std::memcpy(to, &v, sizeof v);
  else
    std::memcpy(to, &v, size_t(n) * 4);
}

/// Rounded to the nearest bf16, ties to even; NaN keeps its sign and stays one.
HEPATICA_INLINE void store(const Floats& v, uint16_t* to, int n) {
  const Words bits = std::bit_cast<Words>(v);
  const Words rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const Words nan = std::bit_cast<Words>(v != v);
  const Halves out = __builtin_convertvector((rounded & ~nan) | (((bits >> 16) | 0x40u) & nan), Halves);
  if (n == kLanes)
    std::memcpy(to, &out, sizeof out);
  else
    std::memcpy(to, &out, size_t(n) * 2);
}

/// 1 / (1 + exp(-x)), within 2 units of the last place of f32: 2^n times a polynomial of the rest (Cephes' expf).
HEPATICA_INLINE Floats sigmoid(const Floats& x) {
  Floats t = -x;
  t = t > 87.f ? spread(87.f) : t;
  t = t < -87.f ? spread(-87.f) : t;
  constexpr float kRound = 12582912.f;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
  const Floats shifted = t * 1.44269504f + kRound;
  const Floats n = shifted - kRound;
  const Floats r = t - n * 0.693359375f + n * 2.12194440e-4f;
  Floats p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.f;
  const Words power = (std::bit_cast<Words>(shifted) + 127u) << 23;
  return 1.f / (1.f + p * std::bit_cast<Floats>(power));
}

template <Activation kind>
HEPATICA_INLINE Floats activate(const Floats& z, float slope) {
  if constexpr (kind == Activation::relu) return z > 0.f ? z : Floats{};
  if constexpr (kind == Activation::leaky_relu) return z > 0.f ? z : z * slope;
  if constexpr (kind == Activation::silu) return z * sigmoid(z);
  return z;
}

/// `g`, the gradient behind the activation, brought before it.
template <Activation kind>
HEPATICA_INLINE Floats gradient_before(const Floats& g, const Floats& z, float slope) {
  if constexpr (kind == Activation::relu) return z > 0.f ? g : Floats{};
  if constexpr (kind == Activation::leaky_relu) return z > 0.f ? g : g * slope;
  if constexpr (kind == Activation::silu) {
    const Floats s = sigmoid(z);
    return g * s * (1.f + z * (1.f - s));
  }
  return g;
}

/// Vectors of lanes side by side in one row, and rows at a time, so that sums do not wait for each other.
template <int wide_, int deep_>
struct Block {
  static constexpr int wide = wide_, deep = deep_;
};

/// Calls visit(block, first channel, channels of each vector) for all channels.
template <class Visit>
HEPATICA_INLINE void for_blocks(int64_t channels, const Visit& visit) {
  int64_t c = 0;
  for (; c + 4 * kLanes <= channels; c += 4 * kLanes) visit(Block<4, 1>{}, c, kLanes);
  for (; c + 2 * kLanes <= channels; c += 2 * kLanes) visit(Block<2, 2>{}, c, kLanes);
  for (; c + kLanes <= channels; c += kLanes) visit(Block<1, 4>{}, c, kLanes);
  if (c < channels) visit(Block<1, 4>{}, c, int(channels - c));
}

/// A value a channel, for each vector of a block.
template <class B>
struct Channels {
  Floats v[B::wide];
  HEPATICA_INLINE Channels(const float* from, int n) {
    for (int w = 0; w < B::wide; ++w) v[w] = load(from + w * kLanes, n);
  }
};

/// Two sums a channel over the rows of a range.
template <class B>
struct Sums {
  Floats first[B::deep][B::wide]{}, second[B::deep][B::wide]{};

  HEPATICA_INLINE void store_to(float* sums, int64_t channels, int n) const {
    for (int w = 0; w < B::wide; ++w) {
      Floats a = first[0][w], b = second[0][w];
      for (int d = 1; d < B::deep; ++d) {
        a += first[d][w];
        b += second[d][w];
      }
      store(a, sums + w * kLanes, n);
      store(b, sums + channels + w * kLanes, n);
    }
  }
};

struct Range {
  int64_t begin, end;
};

/// Calls one(depth, width, offset) for each vector of the range's rows from channel `c` on.
template <class B, class One>
HEPATICA_INLINE void for_rows(Range range, int64_t channels, int64_t c, const One& one) {
  int64_t r = range.begin;
  for (; r + B::deep <= range.end; r += B::deep)
#pragma GCC unroll 4
    for (int d = 0; d < B::deep; ++d)
#pragma GCC unroll 4
      for (int w = 0; w < B::wide; ++w) one(d, w, (r + d) * channels + c + w * kLanes);
  for (; r < range.end; ++r)
#pragma GCC unroll 4
    for (int w = 0; w < B::wide; ++w) one(0, w, r * channels + c + w * kLanes);
}

template <class T>
HEPATICA_INLINE void sums_body(NormRows<T> m, Range range, const float* center, float* sums) {
  for_blocks(m.channels, [=]<class B>(B, int64_t c, int n) HEPATICA_INLINE_LAMBDA {
    const Channels<B> middle(center + c, n);
    Sums<B> s;
    for_rows<B>(range, m.channels, c, [&](int d, int w, int64_t at) HEPATICA_INLINE_LAMBDA {
      const Floats v = load(m.x + at, n) - middle.v[w];
      s.first[d][w] += v;
      s.second[d][w] += v * v;
    });
    s.store_to(sums + c, m.channels, n);
  });
}

template <Activation kind, bool residual, class T>
HEPATICA_INLINE void apply_body(NormRows<T> m, Range range, NormSettings s, T* y) {
  for_blocks(m.channels, [=]<class B>(B, int64_t c, int n) HEPATICA_INLINE_LAMBDA {
    const Channels<B> scale(s.scale + c, n), shift(s.shift + c, n);
    for_rows<B>(range, m.channels, c, [&](int, int w, int64_t at) HEPATICA_INLINE_LAMBDA {
      Floats z = load(m.x + at, n) * scale.v[w] + shift.v[w];
      if constexpr (residual) z += load(m.residual + at, n);
      store(activate<kind>(z, s.slope), y + at, n);
    });
  });
}

/// The gradient before the activation of `n` elements from `at`, whose input is `x`.
template <Activation kind, bool residual, class T>
HEPATICA_INLINE Floats inner_gradient(
    const NormRows<T>& m, int64_t at, int n, const Floats& x, const Floats& scale, const Floats& shift, float slope) {
  const Floats g = load(m.gradient + at, n);
  if constexpr (kind == Activation::none) return g;
  if constexpr (residual) return gradient_before<kind>(g, load(m.y + at, n), slope);
  return gradient_before<kind>(g, x * scale + shift, slope);
}

template <Activation kind, bool residual, class T>
HEPATICA_INLINE void gradient_sums_body(
    NormRows<T> m, Range range, NormSettings settings, const float* center, float* sums) {
  for_blocks(m.channels, [=]<class B>(B, int64_t c, int n) HEPATICA_INLINE_LAMBDA {
    const Channels<B> scale(settings.scale + c, n), shift(settings.shift + c, n), middle(center + c, n);
    Sums<B> s;
    for_rows<B>(range, m.channels, c, [&](int d, int w, int64_t at) HEPATICA_INLINE_LAMBDA {
      const Floats x = load(m.x + at, n);
      const Floats g = inner_gradient<kind, residual>(m, at, n, x, scale.v[w], shift.v[w], settings.slope);
      s.first[d][w] += g;
      s.second[d][w] += g * (x - middle.v[w]);
    });
    s.store_to(sums + c, m.channels, n);
  });
}

template <Activation kind, bool residual, class T>
HEPATICA_INLINE void gradient_body(NormRows<T> m, Range range, NormSettings settings, NormGradient<T> out) {
  for_blocks(m.channels, [=]<class B>(B, int64_t c, int n) HEPATICA_INLINE_LAMBDA {
    const Channels<B> scale(settings.scale + c, n), shift(settings.shift + c, n), middle(out.center + c, n);
    const Channels<B> a(out.a + c, n), b(out.b + c, n), offset(out.d + c, n);
    for_rows<B>(range, m.channels, c, [&](int, int w, int64_t at) HEPATICA_INLINE_LAMBDA {
      const Floats x = load(m.x + at, n);
      const Floats g = inner_gradient<kind, residual>(m, at, n, x, scale.v[w], shift.v[w], settings.slope);
      store(g * a.v[w] + (x - middle.v[w]) * b.v[w] + offset.v[w], out.x + at, n);
      if constexpr (residual) store(g, out.residual + at, n);
    });
  });
}

/// Calls run.operator()<kind, residual>() for the settings' activation; a residual goes with relu alone.
template <class Run>
HEPATICA_INLINE void by_kind(Activation kind, bool residual, const Run& run) {
  switch (kind) {
    case Activation::none:
      return run.template operator()<Activation::none, false>();
    case Activation::leaky_relu:
      return run.template operator()<Activation::leaky_relu, false>();
    case Activation::silu:
      return run.template operator()<Activation::silu, false>();
    case Activation::relu:
      if (residual) return run.template operator()<Activation::relu, true>();
      return run.template operator()<Activation::relu, false>();
  }
}

template <class Body>
void run_plain(const Body& body, Range range, int64_t chunk) {
  body(range, chunk);
}

#if defined(__x86_64__)
template <class Body>
__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,prefer-vector-width=512"))) void run_avx512(const Body& body,
                                                                                                      Range range,
                                                                                                      int64_t chunk) {
  body(range, chunk);
}

bool has_avx512() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}
#endif

int64_t chunks_of(int64_t rows) { return (rows + kChunk - 1) / kChunk; }

/// Calls body(range of rows, number of the chunk) for all rows, on LibTorch's threads.
template <class Body>
void for_chunks(int64_t rows, const Body& body) {
#if defined(__x86_64__)
  static const bool wide = has_avx512();
  const auto run = wide ? run_avx512<Body> : run_plain<Body>;
#else
  const auto run = run_plain<Body>;
#endif
  at::parallel_for(0, chunks_of(rows), 1, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk)
      run(body, {chunk * kChunk, std::min((chunk + 1) * kChunk, rows)}, chunk);
  });
}

/// Sums of all chunks, in their order: `sums` has as many values as one chunk's.
void add_chunks(const std::vector<float>& parts, int64_t each, double* sums) {
  std::fill_n(sums, each, 0.);
  for (size_t first = 0; first < parts.size(); first += size_t(each))
    for (int64_t c = 0; c < each; ++c) sums[c] += double(parts[first + size_t(c)]);
}

}  // namespace

template <class T>
void norm_sums(const NormRows<T>& rows, const float* center, double* sums) {
  const int64_t each = 2 * rows.channels;
  std::vector<float> parts(size_t(chunks_of(rows.rows) * each));
  for_chunks(rows.rows, [&](Range range, int64_t chunk) HEPATICA_INLINE_LAMBDA {
    sums_body(rows, range, center, parts.data() + chunk * each);
  });
  add_chunks(parts, each, sums);
}

template <class T>
void norm_apply(const NormRows<T>& rows, const NormSettings& settings, T* y) {
  for_chunks(rows.rows, [&](Range range, int64_t) HEPATICA_INLINE_LAMBDA {
    by_kind(
        settings.activation, rows.residual != nullptr, [&]<Activation kind, bool residual>() HEPATICA_INLINE_LAMBDA {
          apply_body<kind, residual>(rows, range, settings, y);
        });
  });
}

template <class T>
void norm_gradient_sums(const NormRows<T>& rows, const NormSettings& settings, const float* center, double* sums) {
  const int64_t each = 2 * rows.channels;
  std::vector<float> parts(size_t(chunks_of(rows.rows) * each));
  for_chunks(rows.rows, [&](Range range, int64_t chunk) HEPATICA_INLINE_LAMBDA {
    by_kind(settings.activation, rows.y != nullptr, [&]<Activation kind, bool residual>() HEPATICA_INLINE_LAMBDA {
      gradient_sums_body<kind, residual>(rows, range, settings, center, parts.data() + chunk * each);
    });
  });
  add_chunks(parts, each, sums);
}

template <class T>
void norm_gradient(const NormRows<T>& rows, const NormSettings& settings, const NormGradient<T>& out) {
  for_chunks(rows.rows, [&](Range range, int64_t) HEPATICA_INLINE_LAMBDA {
    by_kind(settings.activation, rows.y != nullptr, [&]<Activation kind, bool residual>() HEPATICA_INLINE_LAMBDA {
      gradient_body<kind, residual>(rows, range, settings, out);
    });
  });
}

#define HEPATICA_NORM_ROWS(T)                                                                       \
  template void norm_sums(const NormRows<T>&, const float*, double*);                               \
  template void norm_apply(const NormRows<T>&, const NormSettings&, T*);                            \
  template void norm_gradient_sums(const NormRows<T>&, const NormSettings&, const float*, double*); \
  template void norm_gradient(const NormRows<T>&, const NormSettings&, const NormGradient<T>&);
HEPATICA_NORM_ROWS(float)
HEPATICA_NORM_ROWS(uint16_t)

}  // namespace hepatica::nn
