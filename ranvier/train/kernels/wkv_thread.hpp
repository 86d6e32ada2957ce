#pragma once
// One channel of one text of the WKV recurrence, all its tokens: the work of one thread of a GPU.
// Equations: docs/models/rwkv.md; the same steps as in wkv.cpp.

#include "ranvier/train/kernels/scalar.hpp"

#include <cmath>
#include <cstdint>

namespace ranvier::train {

/// What all threads of a call see; shapes as in wkv.hpp. Thread i: text i / channels, channel
/// i % channels.
template <class Real>
struct WkvThreads {
  int64_t batch, tokens, channels;
  const Real* decay;
  const Real* bonus;
  const Real* key;
  const Real* value;
};

/// Of two weights e^x and e^y over the larger one: the smaller is e^-|x - y|, the other 1.
template <class Real>
struct WkvPair {
  RANVIER_DEVICE WkvPair(Real x, Real y) : top(x >= y ? x : y), first(1), second(1) {
    (x >= y ? second : first) = std::exp(x >= y ? y - x : x - y);
  }
  Real top, first, second;
};

/// Sums over what came before, over e^top, and the step past a token.
template <class Real>
struct WkvState {
  Real sum, weight, top;

  RANVIER_DEVICE void advance(Real decay, Real key, Real value) {
    const WkvPair<Real> p(top + decay, key);
    sum = p.first * sum + p.second * value;
    weight = p.first * weight + p.second;
    top = p.top;
  }
};

/// Writes out and moves state [3][batch][channels] past the tokens.
template <class Real>
RANVIER_DEVICE inline void wkv_forward_thread(const WkvThreads<Real>& v, int64_t i, Real* state,
                                              Real* out) {
  const int64_t part = v.batch * v.channels;
  const int64_t c = i % v.channels;
  WkvState<Real> s{state[i], state[part + i], state[2 * part + i]};
  int64_t at = i / v.channels * v.tokens * v.channels + c;
  for (int64_t t = 0; t < v.tokens; ++t, at += v.channels) {
    const Real k = v.key[at], x = v.value[at];
    const WkvPair<Real> p(s.top, v.bonus[c] + k);
    out[at] = (p.first * s.sum + p.second * x) / (p.first * s.weight + p.second);
    s.advance(v.decay[c], k, x);
  }
  state[i] = s.sum;
  state[part + i] = s.weight;
  state[2 * part + i] = s.top;
}

/// What a backward pass reads and writes besides; `kept` is scratch [tokens][5][batch][channels],
/// `terms` [2][batch][channels] gets the gradients of decay and bonus.
template <class Real>
struct WkvThreadGradients {
  const Real* start;
  const Real* out;
  const Real* grad_out;
  Real* grad_key;
  Real* grad_value;
  Real* kept;
  Real* terms;
};

template <class Real>
RANVIER_DEVICE inline void wkv_backward_thread(const WkvThreads<Real>& v, int64_t i,
                                               const WkvThreadGradients<Real>& g) {
  const int64_t part = v.batch * v.channels;
  const int64_t c = i % v.channels;
  const int64_t first = i / v.channels * v.tokens * v.channels + c;
  const Real decay = v.decay[c], bonus = v.bonus[c];
  WkvState<Real> s{g.start[i], g.start[part + i], g.start[2 * part + i]};
  for (int64_t t = 0; t < v.tokens; ++t) {
    const Real k = v.key[first + t * v.channels];
    const WkvPair<Real> p(s.top, bonus + k);
    const Real inverse = Real(1) / (p.first * s.weight + p.second);
    Real* const kept = g.kept + t * 5 * part + i;
    kept[0] = s.sum;
    kept[part] = s.weight;
    kept[2 * part] = s.top;
    kept[3 * part] = p.second * inverse;  // share of the token itself
    kept[4 * part] = inverse;
    s.advance(decay, k, v.value[first + t * v.channels]);
  }
  // All exponents are of sums that are at most 0, but for rounding: see wkv.cpp.
  const auto falling = [](Real x) { return std::exp(x < 0 ? x : Real(0)); };
  WkvState<Real> later{0, 0, Real(-1e38)};  // gradients, over e^top
  Real of_decay = 0, of_bonus = 0;
  for (int64_t t = v.tokens; t-- > 0;) {
    const int64_t at = first + t * v.channels;
    const Real* const kept = g.kept + t * 5 * part + i;
    const Real k = v.key[at], x = v.value[at], y = g.out[at], gy = g.grad_out[at];
    const Real own = gy * kept[3 * part];
    const Real own_key = own * (x - y);
    const Real taken = falling(k + later.top);
    g.grad_value[at] = own + taken * later.sum;
    g.grad_key[at] = own_key + taken * (later.sum * x + later.weight);
    of_bonus += own_key;
    of_decay += falling(kept[2 * part] + decay + later.top) *
                (kept[0] * later.sum + kept[part] * later.weight);
    const Real seen = bonus + k;
    const WkvPair<Real> p(decay + later.top, -(kept[2 * part] > seen ? kept[2 * part] : seen));
    const Real now = p.second * gy * kept[4 * part];
    later.sum = p.first * later.sum + now;
    later.weight = p.first * later.weight - now * y;
    later.top = p.top;
  }
  g.terms[i] = of_decay;
  g.terms[part + i] = of_bonus;
}

}  // namespace ranvier::train
