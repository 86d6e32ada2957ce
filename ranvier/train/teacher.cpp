#include "ranvier/train/teacher.hpp"

namespace ranvier::train {

torch::Tensor Teacher::targets(const Batch& batch, const BatchOptions& options,
                               double temperature) {
  const Key key{batch.position.epoch, batch.position.batch, options.batch_size, options.shards,
                options.shard,        options.seed,         temperature};
  {
    const std::lock_guard lock(mutex_);
    const auto found = said_.find(key);
    if (found != said_.end()) return found->second;
  }
  const torch::NoGradGuard no_grad;
  const torch::Tensor target = torch::softmax(model_.forward(batch.inputs) / temperature, 1);
  const auto bytes = static_cast<int64_t>(target.nbytes());
  const std::lock_guard lock(mutex_);
  if (bytes <= bytes_left_ && said_.emplace(key, target).second) bytes_left_ -= bytes;
  return target;
}

}  // namespace ranvier::train
