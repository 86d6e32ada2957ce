#pragma once
// The WKV recurrence of RWKV v4 (Peng et al. 2023, arXiv 2305.13048, equations 13 to 16): per
// channel an average of the values so far, weighted by e^key and by a decay per token. One scan
// over the tokens forward, one backward. Torch-free. Equations: docs/models/rwkv.md.

#include <cstdint>
#include <vector>

namespace ranvier::train {

/// key, value, out and their gradients are [batch][tokens][channels]; decay and bonus [channels].
template <class Real>
struct WkvArguments {
  int64_t batch = 1;
  int64_t tokens = 1;
  int64_t channels = 1;
  const Real* decay =
      nullptr;  // w, added to the exponent of everything earlier at every token; < 0
  const Real* bonus = nullptr;  // u, added to the key of the token itself
  int threads = 1;
};

/// What one token hands to the next: [3][batch][channels]; sum of weights times values, sum of
/// weights, both over e^top, and top. A text starts with this.
template <class Real>
std::vector<Real> wkv_start(int64_t batch, int64_t channels);

/// Reads key and value, writes out, and moves `state` past the tokens. A text in one call or in
/// pieces of any size, down to a token, gives the same bits; so does any number of threads.
/// Cost: O(batch tokens channels).
template <class Real>
void wkv_forward(const WkvArguments<Real>& arguments, const Real* key, const Real* value,
                 Real* state, Real* out);

/// Gradients of wkv_forward that began in `start` (null: wkv_start); none flows into or out of a
/// state. grad_parameters [2][channels]: of decay and bonus; the same bits for any number of
/// threads. Cost: O(batch tokens channels); scratch of 5 tokens x 16 numbers per thread.
template <class Real>
void wkv_backward(const WkvArguments<Real>& arguments, const Real* key, const Real* value,
                  const Real* start, const Real* out, const Real* grad_out, Real* grad_key,
                  Real* grad_value, double* grad_parameters);

}  // namespace ranvier::train
