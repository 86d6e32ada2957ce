#include "ranvier/train/device.hpp"

#include "ranvier/core/error.hpp"

#include <c10/core/impl/DeviceGuardImplInterface.h>
#ifdef RANVIER_WITH_CUDA
#include <c10/cuda/CUDAStream.h>
#endif

#include <fmt/format.h>

namespace ranvier::train {
namespace {

std::optional<torch::Device> parse(const std::string& name) {
  try {
    return torch::Device(name);
  } catch (const c10::Error&) {
    return std::nullopt;
  }
}

/// How many of them this LibTorch can use.
int count_of(torch::DeviceType type) {
  if (!c10::impl::hasDeviceGuardImpl(type)) return 0;
  if (type == torch::kCUDA) return static_cast<int>(torch::cuda::device_count());
  return c10::impl::getDeviceGuardImpl(type)->deviceCount();
}

}  // namespace

torch::Device usable_device(const std::string& name, const Launch& launch) {
  const auto device = parse(name);
  if (device && device->is_cpu()) return *device;
  const int count = device ? count_of(device->type()) : 0;
  if (device && device->index() < count && count > 0) {
    // Algorithms are chosen by what they are asked to do, never by how long they took.
    at::globalContext().setBenchmarkCuDNN(false);
    at::globalContext().setDeterministicCuDNN(true);
    if (device->has_index()) return *device;
    return {device->type(), static_cast<c10::DeviceIndex>(launch.gpu_of(count))};
  }
  throw core::UserError(
      {.key = "--device",
       .given = name,
       .allowed = count > 0 ? fmt::format("cpu, or {} of 0..{}",
                                          c10::DeviceTypeName(device->type(), true), count - 1)
                            : std::string("cpu"),
       .place = {},
       .hint = count > 0 ? ""
                         : "LibTorch " TORCH_VERSION " finds no such device here. For cuda it "
                           "must be a CUDA build, and the driver must see a GPU: nvidia-smi"});
}

std::optional<KernelRunner> kernel_runner(const torch::Tensor& x) {
  if (x.is_cpu()) return KernelRunner::kLoops;
  if (x.is_cuda() && has_gpu_threads()) return KernelRunner::kThreads;
  return std::nullopt;
}

ThreadPlace thread_place(torch::Device device) {
#ifdef RANVIER_WITH_CUDA
  if (device.is_cuda()) {
    return {.is_gpu = true, .stream = c10::cuda::getCurrentCUDAStream(device.index()).stream()};
  }
#endif
  return {.is_gpu = device.is_cuda(), .stream = nullptr};
}

}  // namespace ranvier::train
