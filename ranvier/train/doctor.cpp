#include "ranvier/train/kernels/threads.hpp"
#include "ranvier/train/torch_compat.hpp"
#include "ranvier/train/train.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace ranvier::train {

double matmul_gflops(int threads) {
  constexpr int64_t kSide = 768;
  constexpr int kRepeats = 7;
  torch::NoGradGuard no_grad;
  if (threads > 0) at::set_num_threads(threads);
  const auto a = torch::ones({kSide, kSide});
  std::vector<double> speeds;
  for (int i = 0; i < kRepeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const auto product = at::mm(a, a);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    speeds.push_back(2e-9 * static_cast<double>(kSide * kSide * kSide) / took.count());
  }
  std::nth_element(speeds.begin(), speeds.begin() + kRepeats / 2, speeds.end());
  return speeds[kRepeats / 2];
}

std::string torch_version() { return TORCH_VERSION; }

GpuFinding find_gpus() {
  return {static_cast<int>(torch::cuda::device_count()), has_gpu_threads()};
}

}  // namespace ranvier::train
