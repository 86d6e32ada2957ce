#pragma once
// A network that others learn from. Phases that see the same batches ask it once for each.

#include "ranvier/train/batches.hpp"
#include "ranvier/train/models.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <mutex>

namespace ranvier::train {

/// Safe from several threads.
class Teacher {
 public:
  static constexpr int64_t kMostBytes = int64_t{1} << 29;  // choice: 25 epochs of CIFAR-100

  /// `model` is in evaluation mode and stays as it is; it must outlive this. What it said is kept
  /// up to `most_bytes` in all, and computed again beyond.
  explicit Teacher(Model& model, int64_t most_bytes = kMostBytes)
      : model_(model), bytes_left_(most_bytes) {}

  /// softmax(logits / temperature) [rows, classes], without gradients. Bits do not depend on what
  /// is kept. `options`: those that the batch was made with, on one data set and augmentation for
  /// all.
  torch::Tensor targets(const Batch& batch, const BatchOptions& options, double temperature);

 private:
  struct Key {
    int64_t epoch, batch, batch_size;
    int shards, shard;
    uint64_t seed;
    double temperature;
    auto operator<=>(const Key&) const = default;
  };

  Model& model_;
  std::mutex mutex_;  // of what follows
  int64_t bytes_left_;
  std::map<Key, torch::Tensor> said_;
};

}  // namespace ranvier::train
