#pragma once
// The calls of threads.hpp on a GPU, queued on a cudaStream_t. Only in builds with CUDA.

#include "ranvier/train/kernels/threads.hpp"

namespace ranvier::train {

void lif_forward_gpu(const LifThreads& threads, const LifOptions& options, float* spikes,
                     void* stream);
void lif_backward_gpu(const LifThreads& threads, const LifOptions& options,
                      const float* grad_spikes, float* grad_x, float* terms, void* stream);
template <class Real>
void wkv_forward_gpu(const WkvThreads<Real>& threads, Real* state, Real* out, void* stream);
template <class Real>
void wkv_backward_gpu(const WkvThreads<Real>& threads, const WkvThreadGradients<Real>& gradients,
                      void* stream);

}  // namespace ranvier::train
