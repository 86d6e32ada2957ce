#pragma once
// Batches as tensors: channels-last images and labels, from the Torch-free loader.

#include "ranvier/train/data/batch_loader.hpp"
#include "ranvier/train/torch_compat.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace ranvier::train {

struct Batch {
  torch::Tensor images;  // [N, C, H, W], float32, channels-last
  torch::Tensor labels;  // [N], int64
  BatchPosition position;
};

class Batches {
 public:
  Batches(const Dataset& set, const Normalisation& normalisation, const BatchOptions& options);
  int64_t per_epoch() const { return loader_->batches_per_epoch(); }
  void start(int64_t epoch, int64_t batch) { loader_->start(epoch, batch); }
  Batch next();

 private:
  const Dataset* set_;
  int64_t batch_size_;
  std::unique_ptr<BatchLoader> loader_;
};

/// Training and test images with the training set's normalisation.
struct Sets {
  Data data;
  Normalisation normalisation;
};

}  // namespace ranvier::train
