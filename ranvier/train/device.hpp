#pragma once
// Where a network trains.

#include "ranvier/train/kernels/threads.hpp"
#include "ranvier/train/launch.hpp"
#include "ranvier/train/torch_compat.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ranvier::train {

/// The device of that name: "cpu", "cuda:1", or "cuda", which gives each process of a machine its
/// own as long as there are enough. Results on it do not change from run to run.
/// Errors: UserError naming --device when LibTorch does not know it, cannot use it or has no such
/// one.
torch::Device usable_device(const std::string& name, const Launch& launch = {});

/// Kernels of ours: the loops of the processor, or one thread for each neuron or channel as on a
/// GPU. For tensors of the processor these run in order.
enum class KernelRunner : uint8_t { kLoops, kThreads };

/// Who can compute on x's device; none: LibTorch's operators alone.
std::optional<KernelRunner> kernel_runner(const torch::Tensor& x);

/// Where the threads of kernels/threads.hpp run for tensors of that device: on its current stream.
ThreadPlace thread_place(torch::Device device);

}  // namespace ranvier::train
