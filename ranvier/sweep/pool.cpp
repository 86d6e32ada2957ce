#include "ranvier/sweep/pool.hpp"

#include "ranvier/core/interrupt.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <thread>

namespace ranvier::sweep {

double monotonic_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void parallel_for(size_t count, int threads, BusyTime& busy,
                  const std::function<void(size_t)>& work) {
  std::vector<std::exception_ptr> errors(count);
  std::atomic<size_t> next{0};
  const auto loop = [&] {
    const double start = monotonic_seconds();
    for (size_t i = next++; i < count && !core::interrupt_requested(); i = next++) {
      try {
        work(i);
      } catch (...) {
        errors[i] = std::current_exception();
      }
    }
    busy.add(monotonic_seconds() - start);
  };
  std::vector<std::jthread> pool;
  for (int t = 1; t < threads && static_cast<size_t>(t) < count; ++t) pool.emplace_back(loop);
  loop();
  pool.clear();
  for (const auto& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

GroupQueue::GroupQueue(const std::vector<size_t>& items) {
  for (const size_t count : items) groups_.push_back({.taken = 0, .items = count});
}

std::optional<GroupQueue::Item> GroupQueue::next(std::optional<size_t> own) {
  const std::lock_guard lock(mutex_);
  if (own && groups_[*own].left() > 0) return take(*own);
  while (unopened_ < groups_.size()) {
    const size_t group = unopened_++;
    if (groups_[group].left() > 0) return take(group);
  }
  const auto most = std::ranges::max_element(
      groups_, [](const Group& a, const Group& b) { return a.left() < b.left(); });
  if (most == groups_.end() || most->left() == 0) return std::nullopt;
  return take(static_cast<size_t>(most - groups_.begin()));
}

}  // namespace ranvier::sweep
