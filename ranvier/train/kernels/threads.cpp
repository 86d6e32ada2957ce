#include "ranvier/train/kernels/threads.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/train/kernels/thread_calls.hpp"
#ifdef RANVIER_WITH_CUDA
#include "ranvier/train/kernels/threads_gpu.hpp"
#endif

namespace ranvier::train {
namespace {

/// One after the other, on the processor.
struct InOrder {
  template <class Call>
  void operator()(int64_t threads, const Call& call) const {
    for (int64_t i = 0; i < threads; ++i) call(i);
  }
};

void require_gpu(const ThreadPlace& place) {
  RANVIER_CONTRACT(!place.is_gpu || has_gpu_threads(), "threads of a GPU need a build with CUDA");
}

}  // namespace

bool has_gpu_threads() {
#ifdef RANVIER_WITH_CUDA
  return true;
#else
  return false;
#endif
}

LifThreads lif_threads(const LifArguments& a) {
  LifThreads threads{};
  threads.steps = a.steps;
  threads.size = a.layout.size;
  threads.channels = a.layout.channels;
  threads.inner = a.layout.inner;
  threads.level_factor = a.options.centred ? 0.5F : 1.0F;
  threads.start_factor = a.options.start_half ? 0.5F : 0.0F;
  return threads;
}

void lif_forward_threads(const ThreadPlace& place, const LifThreads& v, const LifOptions& options,
                         float* spikes) {
  require_gpu(place);
#ifdef RANVIER_WITH_CUDA
  if (place.is_gpu) return lif_forward_gpu(v, options, spikes, place.stream);
#endif
  call_lif_forward(v, options, spikes, InOrder());
}

void lif_backward_threads(const ThreadPlace& place, const LifThreads& v, const LifOptions& options,
                          const float* grad_spikes, float* grad_x, float* terms) {
  require_gpu(place);
  RANVIER_CONTRACT(v.steps <= kMostThreadSteps, "a thread keeps the membranes of all steps");
#ifdef RANVIER_WITH_CUDA
  if (place.is_gpu) return lif_backward_gpu(v, options, grad_spikes, grad_x, terms, place.stream);
#endif
  call_lif_backward(v, options, grad_spikes, grad_x, terms, InOrder());
}

template <class Real>
void wkv_forward_threads(const ThreadPlace& place, const WkvThreads<Real>& v, Real* state,
                         Real* out) {
  require_gpu(place);
#ifdef RANVIER_WITH_CUDA
  if (place.is_gpu) return wkv_forward_gpu(v, state, out, place.stream);
#endif
  InOrder()(v.batch * v.channels, WkvForwardCall<Real>{v, state, out});
}

template <class Real>
void wkv_backward_threads(const ThreadPlace& place, const WkvThreads<Real>& v,
                          const WkvThreadGradients<Real>& gradients) {
  require_gpu(place);
#ifdef RANVIER_WITH_CUDA
  if (place.is_gpu) return wkv_backward_gpu(v, gradients, place.stream);
#endif
  InOrder()(v.batch * v.channels, WkvBackwardCall<Real>{v, gradients});
}

template void wkv_forward_threads(const ThreadPlace&, const WkvThreads<float>&, float*, float*);
template void wkv_forward_threads(const ThreadPlace&, const WkvThreads<double>&, double*, double*);
template void wkv_backward_threads(const ThreadPlace&, const WkvThreads<float>&,
                                   const WkvThreadGradients<float>&);
template void wkv_backward_threads(const ThreadPlace&, const WkvThreads<double>&,
                                   const WkvThreadGradients<double>&);

}  // namespace ranvier::train
