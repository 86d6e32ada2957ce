#include "ranvier/train/batches.hpp"

namespace ranvier::train {

Batch Batch::part(int64_t from, int64_t samples) const {
  Batch out = *this;
  const int64_t rows = labels.size(0) / inputs.size(0);
  out.inputs = inputs.narrow(0, from, samples);
  out.labels = labels.narrow(0, from * rows, samples * rows);
  out.position.size = samples;
  return out;
}

Sets Sets::of(Data data) {
  Sets sets{.data = std::move(data), .normalisation = {}};
  if (!sets.data.is_text()) sets.normalisation = measure_normalisation(sets.data.train);
  return sets;
}

Batches::Batches(const Sets& sets, Half half, const BatchOptions& options)
    : set_(half == Half::kTrain ? &sets.data.train : &sets.data.test),
      context_(sets.data.text.context),
      share_(options.batch_size / options.shards),
      shards_(options.shards),
      shard_(options.shard),
      device_(sets.device) {
  if (sets.data.is_text()) {
    const auto& text = half == Half::kTrain ? sets.data.text.train : sets.data.text.test;
    windows_ = std::make_unique<WindowLoader>(
        text, sets.data.text.context,
        WindowOptions{
            .batch_size = options.batch_size, .random = options.shuffle, .seed = options.seed});
    return;
  }
  BatchOptions own = options;
  own.layout = Layout::kNhwc;
  own.threads = sets.loader_threads;
  images_ = std::make_unique<BatchLoader>(*set_, sets.normalisation, own);
}

int64_t Batches::per_epoch() const {
  return windows_ ? windows_->batches_per_epoch() : images_->batches_per_epoch();
}

void Batches::start(int64_t epoch, int64_t batch) {
  if (windows_) {
    windows_->start(epoch, batch);
  } else {
    images_->start(epoch, batch);
  }
}

Batch Batches::next() {
  Batch out = windows_ ? next_windows() : next_images();
  out.inputs = out.inputs.to(device_);
  out.labels = out.labels.to(device_);
  return out;
}

Batch Batches::next_images() {
  Batch out;
  auto images = torch::empty({share_, set_->height, set_->width, set_->channels});
  auto labels = torch::empty({share_}, torch::kLong);
  out.position = images_->next({images.data_ptr<float>(), static_cast<size_t>(images.numel())},
                               {labels.data_ptr<int64_t>(), static_cast<size_t>(labels.numel())});
  out.inputs = images.narrow(0, 0, out.position.size).permute({0, 3, 1, 2});
  out.labels = labels.narrow(0, 0, out.position.size);
  return out;
}

Batch Batches::next_windows() {
  Batch out;
  const int64_t windows = share_ * shards_;  // all of them: drawing one costs nothing
  out.inputs = torch::empty({windows, context_}, torch::kLong);
  out.labels = torch::empty({windows * context_}, torch::kLong);
  const auto values = static_cast<size_t>(windows * context_);
  out.position = windows_->next({out.inputs.data_ptr<int64_t>(), values},
                                {out.labels.data_ptr<int64_t>(), values});
  return shards_ == 1 ? out.first(out.position.size) : out.part(shard_ * share_, share_);
}

}  // namespace ranvier::train
