#pragma once
// Every call of threads.hpp as a function of the thread's number, whoever runs them. Private to
// threads.cpp and threads.cu.

#include "ranvier/train/kernels/threads.hpp"

namespace ranvier::train {

template <bool kSigned, Reset kReset>
struct LifForwardCall {
  LifThreads v;
  float* spikes;
  RANVIER_DEVICE void operator()(int64_t i) const {
    lif_forward_thread<kSigned, kReset>(v, i, spikes);
  }
};

template <Surrogate kKind, bool kSigned, Reset kReset>
struct LifBackwardCall {
  LifThreads v;
  const float* grad_spikes;
  float* grad_x;
  float* terms;
  RANVIER_DEVICE void operator()(int64_t i) const {
    lif_backward_thread<kKind, kSigned, kReset>(v, i, grad_spikes, grad_x, terms);
  }
};

template <class Real>
struct WkvForwardCall {
  WkvThreads<Real> v;
  Real* state;
  Real* out;
  RANVIER_DEVICE void operator()(int64_t i) const { wkv_forward_thread(v, i, state, out); }
};

template <class Real>
struct WkvBackwardCall {
  WkvThreads<Real> v;
  WkvThreadGradients<Real> g;
  RANVIER_DEVICE void operator()(int64_t i) const { wkv_backward_thread(v, i, g); }
};

/// run(threads, call) once, for the call that the options ask for.
template <class Run>
void call_lif_forward(const LifThreads& v, const LifOptions& options, float* spikes,
                      const Run& run) {
  dispatch_lif(options, [&](auto is_signed, auto reset) {
    run(v.size, LifForwardCall<is_signed, reset>{v, spikes});
  });
}

template <class Run>
void call_lif_backward(const LifThreads& v, const LifOptions& options, const float* grad_spikes,
                       float* grad_x, float* terms, const Run& run) {
  dispatch_surrogate(options.surrogate, [&](auto kind) {
    dispatch_lif(options, [&](auto is_signed, auto reset) {
      run(v.size, LifBackwardCall<kind, is_signed, reset>{v, grad_spikes, grad_x, terms});
    });
  });
}

}  // namespace ranvier::train
