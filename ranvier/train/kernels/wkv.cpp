#include "ranvier/train/kernels/wkv.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/train/kernels/memory.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace ranvier::train {
namespace {

constexpr int64_t kWidth = 16;      // channels that are worked on together
constexpr double kNothing = -1e38;  // exponent of a weight that is 0

/// One number per channel of a block: vectors in the extension that GCC and Clang share.
template <class Real>
struct RowOf {
  using type __attribute__((vector_size(kWidth * sizeof(Real)))) = Real;
};
template <class Real>
using Row = typename RowOf<Real>::type;

template <class Real>
Row<Real> read(const Real* from, int64_t count) {
  Row<Real> row{};
  if (count == kWidth) {
    std::memcpy(&row, from, sizeof row);
  } else {
    std::memcpy(&row, from, static_cast<size_t>(count) * sizeof(Real));
  }
  return row;
}

template <class Real>
void write(const Row<Real>& row, Real* to, int64_t count) {
  if (count == kWidth) {
    std::memcpy(to, &row, sizeof row);
  } else {
    std::memcpy(to, &row, static_cast<size_t>(count) * sizeof(Real));
  }
}

/// e^x for x <= 0; 0 below -87. Error below 2 units in the last place (Cephes, expf).
inline Row<float> exp_falling(const Row<float>& x) {
  using Integers __attribute__((vector_size(kWidth * sizeof(int32_t)))) = int32_t;
  constexpr float kShift = 12582912.0F;  // 1.5 x 2^23: adding it rounds to the nearest integer
  constexpr float kLeast = -87.0F;
  const Row<float> bounded = x < kLeast ? Row<float>{} + kLeast : x;
  const Row<float> n = (bounded * 1.44269504F + kShift) - kShift;
  const Row<float> r = (bounded - n * 0.693359375F) + n * 2.12194440e-4F;
  Row<float> p = 1.9875691500e-4F * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const Integers power = (__builtin_convertvector(n, Integers) + 127) << 23;
  return x < kLeast ? Row<float>{} : p * std::bit_cast<Row<float>>(power);
}

inline Row<double> exp_falling(Row<double> x) {
  for (int64_t j = 0; j < kWidth; ++j) x[j] = std::exp(x[j]);
  return x;
}

/// Of two weights e^x and e^y over the larger one: the smaller is e^-|x - y|, the other 1.
template <class Real>
struct Pair {
  Pair(const Row<Real>& x, const Row<Real>& y) : top(x >= y ? x : y) {
    const Row<Real> difference = x - y;
    const Row<Real> smaller = exp_falling(difference < 0 ? difference : -difference);
    const Row<Real> one = Row<Real>{} + Real{1};
    first = x >= y ? one : smaller;
    second = x >= y ? smaller : one;
  }
  Row<Real> top, first, second;
};

template <class Real>
struct State {
  Row<Real> sum{}, weight{}, top = Row<Real>{} + static_cast<Real>(kNothing);

  static State from(const Real* place, int64_t part, int64_t count) {
    return {read(place, count), read(place + part, count), read(place + 2 * part, count)};
  }
  void put(Real* place, int64_t part, int64_t count) const {
    write(sum, place, count);
    write(weight, place + part, count);
    write(top, place + 2 * part, count);
  }

  /// Past a token.
  void advance(const Row<Real>& decay, const Row<Real>& key, const Row<Real>& value) {
    const Pair<Real> p(top + decay, key);
    sum = p.first * sum + p.second * value;
    weight = p.first * weight + p.second;
    top = p.top;
  }
};

/// What a token sees: everything before it, and itself with the bonus.
template <class Real>
struct View {
  Row<Real> out;
  Row<Real> share;    // of the token itself in the weights
  Row<Real> inverse;  // 1 / (sum of the weights over e^top)

  View(const State<Real>& s, const Row<Real>& bonus, const Row<Real>& key, const Row<Real>& value) {
    const Pair<Real> p(s.top, bonus + key);
    inverse = Real{1} / (p.first * s.weight + p.second);
    share = p.second * inverse;
    out = (p.first * s.sum + p.second * value) * inverse;
  }
};

/// The channels from `channel` on of one text.
template <class Real>
struct Strip {
  const WkvArguments<Real>& a;
  int64_t text, channel, count;
  Row<Real> decay, bonus;

  Strip(const WkvArguments<Real>& arguments, int64_t index)
      : a(arguments),
        text(index / strips(arguments)),
        channel(index % strips(arguments) * kWidth),
        count(std::min(kWidth, arguments.channels - channel)),
        decay(read(arguments.decay + channel, count)),
        bonus(read(arguments.bonus + channel, count)) {}

  static int64_t strips(const WkvArguments<Real>& a) { return (a.channels + kWidth - 1) / kWidth; }
  int64_t place(int64_t token) const { return (text * a.tokens + token) * a.channels + channel; }
  int64_t state_place() const { return text * a.channels + channel; }
  int64_t state_part() const { return a.batch * a.channels; }
  Row<Real> row(const Real* from, int64_t token) const { return read(from + place(token), count); }
};

template <class Real>
void forward_strip(const Strip<Real>& strip, const Real* key, const Real* value, Real* state,
                   Real* out) {
  Real* const mine = state + strip.state_place();
  auto s = State<Real>::from(mine, strip.state_part(), strip.count);
  for (int64_t t = 0; t < strip.a.tokens; ++t) {
    const Row<Real> k = strip.row(key, t);
    const Row<Real> v = strip.row(value, t);
    const View<Real> view(s, strip.bonus, k, v);
    write(view.out, out + strip.place(t), strip.count);
    s.advance(strip.decay, k, v);
  }
  s.put(mine, strip.state_part(), strip.count);
}

/// What the backward scan needs of a token, in one cache line per number.
template <class Real>
struct Kept {
  State<Real> state;  // before the token
  Row<Real> share, inverse;
};

/// dL/d(sum) and dL/d(weight) of the state after a token, both over e^top.
template <class Real>
struct Adjoint {
  Row<Real> sum{}, weight{}, top = Row<Real>{} + static_cast<Real>(kNothing);
};

template <class Real>
struct Gradients {
  const Real* key;
  const Real* value;
  const Real* start;
  const Real* out;
  const Real* grad_out;
  Real* grad_key;
  Real* grad_value;
  double* decay;  // [batch][channels]
  double* bonus;
};

template <class Real>
void keep_states(const Strip<Real>& strip, const Gradients<Real>& g, Kept<Real>* kept) {
  State<Real> s;
  if (g.start != nullptr) {
    s = State<Real>::from(g.start + strip.state_place(), strip.state_part(), strip.count);
  }
  for (int64_t t = 0; t < strip.a.tokens; ++t) {
    const Row<Real> k = strip.row(g.key, t);
    const Row<Real> v = strip.row(g.value, t);
    const View<Real> view(s, strip.bonus, k, v);
    kept[t] = {s, view.share, view.inverse};
    s.advance(strip.decay, k, v);
  }
}

/// Rounding may lift a sum of exponents a little above 0.
template <class Real>
Row<Real> at_most_zero(const Row<Real>& x) {
  return x < 0 ? x : Row<Real>{};
}

/// One token back. All exponents are of sums that are at most 0: what a later token gives to an
/// earlier one was weighted there by at least as much.
template <class Real>
void step_back(const Strip<Real>& strip, const Gradients<Real>& g, const Kept<Real>& kept,
               int64_t t, Adjoint<Real>& later, Row<Real>& decay_sum, Row<Real>& bonus_sum) {
  const Row<Real> k = strip.row(g.key, t), v = strip.row(g.value, t);
  const Row<Real> y = strip.row(g.out, t), gy = strip.row(g.grad_out, t);
  const State<Real>& s = kept.state;
  const Row<Real> own = gy * kept.share;
  const Row<Real> own_key = own * (v - y);
  const Row<Real> taken = exp_falling(at_most_zero<Real>(k + later.top));
  write(own + taken * later.sum, g.grad_value + strip.place(t), strip.count);
  write(own_key + taken * (later.sum * v + later.weight), g.grad_key + strip.place(t), strip.count);
  bonus_sum += own_key;
  const Row<Real> held = exp_falling(at_most_zero<Real>(s.top + strip.decay + later.top));
  decay_sum += held * (s.sum * later.sum + s.weight * later.weight);
  const Row<Real> seen = strip.bonus + k;
  const Pair<Real> p(strip.decay + later.top, -(s.top > seen ? s.top : seen));
  const Row<Real> now = p.second * gy * kept.inverse;
  later.sum = p.first * later.sum + now;
  later.weight = p.first * later.weight - now * y;
  later.top = p.top;
}

template <class Real>
void backward_strip(const Strip<Real>& strip, const Gradients<Real>& g, Kept<Real>* kept) {
  keep_states(strip, g, kept);
  Adjoint<Real> later;
  Row<Real> decay_sum{}, bonus_sum{};
  for (int64_t t = strip.a.tokens; t-- > 0;) {
    step_back(strip, g, kept[t], t, later, decay_sum, bonus_sum);
  }
  for (int64_t j = 0; j < strip.count; ++j) {
    g.decay[strip.state_place() + j] = double{decay_sum[j]};
    g.bonus[strip.state_place() + j] = double{bonus_sum[j]};
  }
}

template <class Real>
void check(const WkvArguments<Real>& a) {
  RANVIER_CONTRACT(a.batch >= 1 && a.tokens >= 1 && a.channels >= 1 && a.threads >= 1,
                   "texts, tokens, channels and threads are at least 1");
}

/// [batch][channels] -> [channels], in the order of the texts.
void add_texts(const double* per_text, int64_t batch, int64_t channels, double* out) {
  std::fill_n(out, channels, 0.0);
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t c = 0; c < channels; ++c) out[c] += per_text[b * channels + c];
  }
}

}  // namespace

template <class Real>
std::vector<Real> wkv_start(int64_t batch, int64_t channels) {
  std::vector<Real> state(static_cast<size_t>(3 * batch * channels), Real{0});
  std::fill(state.begin() + 2 * batch * channels, state.end(), static_cast<Real>(kNothing));
  return state;
}

template <class Real>
void wkv_forward(const WkvArguments<Real>& a, const Real* key, const Real* value, Real* state,
                 Real* out) {
  check(a);
  const int64_t units = a.batch * Strip<Real>::strips(a);
#pragma omp parallel for schedule(static) num_threads(a.threads) if (a.threads > 1)
  for (int64_t unit = 0; unit < units; ++unit) {
    forward_strip(Strip<Real>(a, unit), key, value, state, out);
  }
}

template <class Real>
void wkv_backward(const WkvArguments<Real>& a, const Real* key, const Real* value,
                  const Real* start, const Real* out, const Real* grad_out, Real* grad_key,
                  Real* grad_value, double* grad_parameters) {
  check(a);
  const int64_t units = a.batch * Strip<Real>::strips(a);
  std::vector<double> per_text(static_cast<size_t>(2 * a.batch * a.channels));
  double* const bonus = per_text.data() + a.batch * a.channels;
  const Gradients<Real> g{key,      value,      start,           out,  grad_out,
                          grad_key, grad_value, per_text.data(), bonus};
#pragma omp parallel num_threads(a.threads) if (a.threads > 1)
  {
    const AlignedRow<Kept<Real>> kept(a.tokens);
#pragma omp for schedule(static)
    for (int64_t unit = 0; unit < units; ++unit) {
      backward_strip(Strip<Real>(a, unit), g, kept.data());
    }
  }
  add_texts(per_text.data(), a.batch, a.channels, grad_parameters);
  add_texts(bonus, a.batch, a.channels, grad_parameters + a.channels);
}

template std::vector<float> wkv_start<float>(int64_t, int64_t);
template std::vector<double> wkv_start<double>(int64_t, int64_t);
template void wkv_forward<float>(const WkvArguments<float>&, const float*, const float*, float*,
                                 float*);
template void wkv_forward<double>(const WkvArguments<double>&, const double*, const double*,
                                  double*, double*);
template void wkv_backward<float>(const WkvArguments<float>&, const float*, const float*,
                                  const float*, const float*, const float*, float*, float*,
                                  double*);
template void wkv_backward<double>(const WkvArguments<double>&, const double*, const double*,
                                   const double*, const double*, const double*, double*, double*,
                                   double*);

}  // namespace ranvier::train
