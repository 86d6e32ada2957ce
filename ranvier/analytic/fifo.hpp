#pragma once
// First in, first out, in one array. A std::deque takes memory before anything is in it, and the
// models make one for every lane and tile.

#include <cstddef>
#include <vector>

namespace ranvier::analytic {

template <class T>
class Fifo {
 public:
  void push(const T& item) { items_.push_back(item); }
  void pop() {
    ++first_;
    if (first_ == items_.size()) {
      items_.clear();
      first_ = 0;
    } else if (first_ >= kGap && 2 * first_ >= items_.size()) {
      items_.erase(items_.begin(), begin());
      first_ = 0;
    }
  }
  const T& front() const { return items_[first_]; }
  size_t size() const { return items_.size() - first_; }
  bool empty() const { return size() == 0; }
  auto begin() const { return items_.begin() + static_cast<std::ptrdiff_t>(first_); }
  auto end() const { return items_.end(); }

 private:
  static constexpr size_t kGap = 64;  // taken items before the others move up
  std::vector<T> items_;
  size_t first_ = 0;
};

}  // namespace ranvier::analytic
