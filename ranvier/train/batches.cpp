#include "ranvier/train/batches.hpp"

namespace ranvier::train {

Batches::Batches(const Dataset& set, const Normalisation& normalisation,
                 const BatchOptions& options)
    : set_(&set), batch_size_(options.batch_size) {
  BatchOptions own = options;
  own.layout = Layout::kNhwc;
  loader_ = std::make_unique<BatchLoader>(set, normalisation, own);
}

Batch Batches::next() {
  Batch out;
  auto images = torch::empty({batch_size_, set_->height, set_->width, set_->channels});
  auto labels = torch::empty({batch_size_}, torch::kLong);
  out.position = loader_->next({images.data_ptr<float>(), static_cast<size_t>(images.numel())},
                               {labels.data_ptr<int64_t>(), static_cast<size_t>(labels.numel())});
  out.images = images.narrow(0, 0, out.position.size).permute({0, 3, 1, 2});
  out.labels = labels.narrow(0, 0, out.position.size);
  return out;
}

}  // namespace ranvier::train
