#include "ranvier/train/side_by_side.hpp"

#include "ranvier/train/torch_compat.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>

/// Of OpenBLAS, where that is the BLAS that LibTorch was given; another BLAS leaves it undefined.
extern "C" void openblas_set_num_threads(int threads) __attribute__((weak));

namespace ranvier::train {

void prepare_thread() {
  at::set_num_threads(1);
  // OpenBLAS has threads of its own, which at::set_num_threads() does not reach: idle, they spin
  // in sched_yield() and take a third of a core from the next worker.
  if (openblas_set_num_threads != nullptr) openblas_set_num_threads(1);
  at::globalContext().setFlushDenormal(true);
}

void run_side_by_side(const std::vector<Job>& jobs, int workers, std::atomic<bool>& stop) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    prepare_thread();
    while (!stop) {
      const size_t index = next++;
      if (index >= jobs.size()) return;
      try {
        jobs[index]();
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        stop = true;
      }
    }
  };
  std::vector<std::thread> threads;
  const size_t count = std::min(jobs.size(), static_cast<size_t>(std::max(workers, 1)));
  for (size_t i = 0; i < count; ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace ranvier::train
