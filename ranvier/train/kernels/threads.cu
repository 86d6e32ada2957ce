// One GPU thread for each call. Compiled without fused multiply-adds, so that spikes have the bits
// of the processor's.

#include "ranvier/core/error.hpp"
#include "ranvier/train/kernels/thread_calls.hpp"
#include "ranvier/train/kernels/threads_gpu.hpp"

#include <cuda_runtime.h>

#include <string>

namespace ranvier::train {
namespace {

constexpr unsigned kThreadsPerBlock = 256;  // choice: enough warps to hide memory

template <class Call>
__global__ void run_call(int64_t threads, Call call) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < threads) call(i);
}

/// Queues the call on a stream.
class OnStream {
 public:
  explicit OnStream(void* stream) : stream_(static_cast<cudaStream_t>(stream)) {}

  template <class Call>
  void operator()(int64_t threads, const Call& call) const {
    if (threads == 0) return;
    const auto blocks = static_cast<unsigned>((threads + kThreadsPerBlock - 1) / kThreadsPerBlock);
    run_call<<<blocks, kThreadsPerBlock, 0, stream_>>>(threads, call);
    const cudaError_t error = cudaGetLastError();
    if (error == cudaSuccess) return;
    throw core::RunError(std::string("[cuda] a kernel did not start: ") +
                         cudaGetErrorString(error));
  }

 private:
  cudaStream_t stream_;
};

}  // namespace

void lif_forward_gpu(const LifThreads& v, const LifOptions& options, float* spikes, void* stream) {
  call_lif_forward(v, options, spikes, OnStream(stream));
}

void lif_backward_gpu(const LifThreads& v, const LifOptions& options, const float* grad_spikes,
                      float* grad_x, float* terms, void* stream) {
  call_lif_backward(v, options, grad_spikes, grad_x, terms, OnStream(stream));
}

template <class Real>
void wkv_forward_gpu(const WkvThreads<Real>& v, Real* state, Real* out, void* stream) {
  OnStream{stream}(v.batch * v.channels, WkvForwardCall<Real>{v, state, out});
}

template <class Real>
void wkv_backward_gpu(const WkvThreads<Real>& v, const WkvThreadGradients<Real>& gradients,
                      void* stream) {
  OnStream{stream}(v.batch * v.channels, WkvBackwardCall<Real>{v, gradients});
}

template void wkv_forward_gpu(const WkvThreads<float>&, float*, float*, void*);
template void wkv_forward_gpu(const WkvThreads<double>&, double*, double*, void*);
template void wkv_backward_gpu(const WkvThreads<float>&, const WkvThreadGradients<float>&, void*);
template void wkv_backward_gpu(const WkvThreads<double>&, const WkvThreadGradients<double>&, void*);

}  // namespace ranvier::train
