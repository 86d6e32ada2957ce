#pragma once
// Batches as tensors: channels-last images and labels, or windows of a text and the bytes that
// follow, from the Torch-free loaders.

#include "ranvier/train/data/batch_loader.hpp"
#include "ranvier/train/data/text.hpp"
#include "ranvier/train/torch_compat.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace ranvier::train {

struct Batch {
  torch::Tensor inputs;  // images [N, C, H, W] float32, channels-last; windows [N, L] int64
  torch::Tensor labels;  // int64; images: [N]; windows: [N L], the bytes that follow
  BatchPosition position;

  /// The first `samples` of it.
  Batch first(int64_t samples) const { return part(0, samples); }
  /// `samples` of it, from sample `from` on.
  Batch part(int64_t from, int64_t samples) const;
};

/// Training and test data; images with the training set's normalisation.
struct Sets {
  Data data;
  Normalisation normalisation;
  int loader_threads = 1;
  torch::Device device = torch::kCPU;  // where batches are served

  static Sets of(Data data);
  /// Rows that a sample has in a batch of logits: tokens of a window, or 1.
  int64_t rows_per_sample() const { return data.is_text() ? data.text.context : 1; }
};

enum class Half : uint8_t { kTrain, kTest };

/// Keeps a reference to `sets`, which must outlive it. Windows are random where images are
/// shuffled.
class Batches {
 public:
  Batches(const Sets& sets, Half half, const BatchOptions& options);
  int64_t per_epoch() const;
  void start(int64_t epoch, int64_t batch);
  Batch next();

 private:
  Batch next_images();
  Batch next_windows();

  const Dataset* set_;
  int64_t context_;
  int64_t share_;  // samples of a batch that are served here
  int64_t shards_;
  int64_t shard_;
  torch::Device device_;
  std::unique_ptr<BatchLoader> images_;  // one of the two
  std::unique_ptr<WindowLoader> windows_;
};

}  // namespace ranvier::train
