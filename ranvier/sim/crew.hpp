#pragma once
// Threads that do the same job together, again and again, within a few hundred nanoseconds.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace ranvier::sim {

/// Waiting threads spin first, then let others have the core, then sleep, so that a shared machine
/// is not kept busy.
class Crew {
 public:
  /// The caller counts as one of `threads`.
  explicit Crew(size_t threads);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// Calls job(0) on the caller's thread, job(1) ... job(threads - 1) each on its own, and returns
  /// when all are done. What one job wrote, every job of a later call sees. `job` must not throw.
  void run(const std::function<void(size_t)>& job);

 private:
  void work(size_t index);

  const std::function<void(size_t)>* job_ = nullptr;
  std::atomic<uint32_t> round_ = 0;
  std::atomic<uint32_t> busy_ = 0;
  std::atomic<bool> over_ = false;
  std::vector<std::jthread> others_;
};

}  // namespace ranvier::sim
