#pragma once
// Threads that share a list of work, and how busy they were.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace ranvier::sweep {

/// Time spent on work by all threads together; safe to add from several of them. [s]
class BusyTime {
 public:
  void add(double seconds) { nanoseconds_ += static_cast<int64_t>(seconds * 1e9); }
  double seconds() const { return static_cast<double>(nanoseconds_) * 1e-9; }

 private:
  std::atomic<int64_t> nanoseconds_{0};
};

/// Seconds since some fixed point; only differences mean something.
double monotonic_seconds();

/// Calls `work` for 0..count-1 on `threads` threads. The first error by index is rethrown; after an
/// interrupt no further index is started.
void parallel_for(size_t count, int threads, BusyTime& busy,
                  const std::function<void(size_t)>& work);

/// Items in groups that share something dear to prepare. A thread keeps to its group as long as it
/// has items, then opens the next one; when none is left it helps with the largest remainder.
class GroupQueue {
 public:
  struct Item {
    size_t group = 0;
    size_t index = 0;  // within the group
  };
  explicit GroupQueue(const std::vector<size_t>& items);
  /// The next item of a thread whose last one was of group `own`; none when all are taken.
  std::optional<Item> next(std::optional<size_t> own);

 private:
  struct Group {
    size_t taken = 0;
    size_t items = 0;
    size_t left() const { return items - taken; }
  };
  Item take(size_t group) { return {group, groups_[group].taken++}; }
  std::mutex mutex_;
  std::vector<Group> groups_;
  size_t unopened_ = 0;  // first group that no thread has opened
};

}  // namespace ranvier::sweep
