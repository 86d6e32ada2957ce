#pragma once
// The LIF and WKV kernels as one thread per neuron or channel: on a GPU, or one after the other on
// the processor, which is how they are tested where there is none. Torch-free.

#include "ranvier/train/kernels/lif_step.hpp"
#include "ranvier/train/kernels/lif_thread.hpp"
#include "ranvier/train/kernels/wkv_thread.hpp"

namespace ranvier::train {

/// Whose memory the pointers of a call name, and which threads run.
struct ThreadPlace {
  bool is_gpu = false;
  void* stream = nullptr;  // cudaStream_t that the call is queued on
};

/// True when this program was built with CUDA.
bool has_gpu_threads();

/// What all threads of a LIF call see; the pointers are set by the caller.
LifThreads lif_threads(const LifArguments& arguments);

/// Writes spikes [steps][size]. Errors: ContractViolation for a GPU without has_gpu_threads();
/// RunError when the launch fails.
void lif_forward_threads(const ThreadPlace& place, const LifThreads& threads,
                         const LifOptions& options, float* spikes);

/// Writes grad_x [steps][size] and terms [3][size]: per neuron, of inverse gain, theta and beta.
/// Errors: as above; ContractViolation for more than kMostThreadSteps steps.
void lif_backward_threads(const ThreadPlace& place, const LifThreads& threads,
                          const LifOptions& options, const float* grad_spikes, float* grad_x,
                          float* terms);

/// Writes out, moves state. Real: float or double.
template <class Real>
void wkv_forward_threads(const ThreadPlace& place, const WkvThreads<Real>& threads, Real* state,
                         Real* out);

template <class Real>
void wkv_backward_threads(const ThreadPlace& place, const WkvThreads<Real>& threads,
                          const WkvThreadGradients<Real>& gradients);

}  // namespace ranvier::train
