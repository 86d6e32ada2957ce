#include "ranvier/train/data/batch_loader.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/quantity.hpp"
#include "ranvier/train/data/augment.hpp"
#include "ranvier/train/data/loaders.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace ranvier::train {
namespace {

constexpr int64_t kMeasuredFiles = 2048;  // that a normalisation is measured on, at even distances

int64_t count_batches(const Dataset& set, const BatchOptions& options) {
  return options.drop_last ? set.size() / options.batch_size
                           : core::ceil_div(set.size(), options.batch_size);
}

void check(const Dataset& set, const BatchOptions& options) {
  RANVIER_CONTRACT(set.size() > 0, "a dataset is not empty");
  RANVIER_CONTRACT(options.prefetch >= 0 && options.threads >= 1 && options.crop_padding >= 0,
                   "loader options are not negative");
  RANVIER_CONTRACT(
      options.shards >= 1 && options.shard >= 0 && options.shard < options.shards &&
          (options.shards == 1 || (options.drop_last && options.batch_size % options.shards == 0)),
      "whole batches are shared, and evenly");
  if (options.batch_size >= 1 && count_batches(set, options) >= 1) return;
  throw core::UserError({.key = "train.batch",
                         .given = std::to_string(options.batch_size),
                         .allowed = "1.." + std::to_string(set.size()),
                         .place = {},
                         .hint = "A batch cannot hold more than the dataset has samples."});
}

struct Batch {
  int64_t ticket = -1;
  BatchPosition position;
  std::vector<float> images;
  std::vector<int64_t> labels;
};

/// Makes the batch of any ticket (ticket = epoch x batches per epoch + batch). Safe to call from
/// many threads.
class BatchMaker {
 public:
  BatchMaker(const Dataset& set, const Normalisation& normalisation, const BatchOptions& options)
      : set_(set),
        options_(options),
        table_(normalisation, set.channels),
        batches_(count_batches(set, options)) {}

  int64_t batches() const { return batches_; }
  int64_t samples() const {
    return options_.drop_last ? batches_ * options_.batch_size : set_.size();
  }

  BatchPosition fill(int64_t ticket, std::span<float> images, std::span<int64_t> labels) {
    BatchPosition position{.epoch = ticket / batches_, .batch = ticket % batches_, .size = 0};
    const int64_t share = options_.batch_size / options_.shards;
    const int64_t first = position.batch * options_.batch_size + options_.shard * share;
    position.size = std::min(share, set_.size() - first);
    const auto order = order_of(position.epoch);
    const auto floats = static_cast<size_t>(set_.image_bytes());
    std::vector<uint8_t> scratch;
    for (int64_t i = 0; i < position.size; ++i) {
      const int32_t sample = (*order)[static_cast<size_t>(first + i)];
      const auto at = static_cast<size_t>(i);
      copy_image(set_, pixels_of(position.epoch, sample, scratch),
                 augmentation(position.epoch, sample), table_, options_.layout,
                 images.subspan(at * floats, floats));
      labels[at] = set_.labels[static_cast<size_t>(sample)];
    }
    return position;
  }

 private:
  using Order = std::shared_ptr<const std::vector<int32_t>>;

  /// In memory, or from a file into `scratch`.
  std::span<const uint8_t> pixels_of(int64_t epoch, int32_t sample,
                                     std::vector<uint8_t>& scratch) const {
    if (!set_.files) return set_.image(sample);
    scratch.resize(static_cast<size_t>(set_.image_bytes()));
    if (options_.crop) {
      read_random(set_, sample, options_.seed, epoch, scratch);
    } else {
      read_central(set_, sample, scratch);
    }
    return scratch;
  }

  Augmentation augmentation(int64_t epoch, int32_t sample) const {
    if (!options_.crop && !options_.flip) return {};
    const bool is_padded = options_.crop && !set_.files;
    Augmentation chosen =
        choose_augmentation(options_.seed, epoch, sample, is_padded ? options_.crop_padding : 0);
    chosen.flip = chosen.flip && options_.flip;
    return chosen;
  }

  /// The two latest orders are kept: workers may straddle the end of an epoch.
  Order order_of(int64_t epoch) {
    const std::lock_guard lock(mutex_);
    Order& kept = orders_[static_cast<size_t>(epoch % 2)];
    if (!kept || order_epochs_[static_cast<size_t>(epoch % 2)] != epoch) {
      kept = std::make_shared<const std::vector<int32_t>>(
          epoch_order(options_.seed, epoch, set_.size(), options_.shuffle));
      order_epochs_[static_cast<size_t>(epoch % 2)] = epoch;
    }
    return kept;
  }

  const Dataset& set_;
  const BatchOptions options_;
  const PixelTable table_;
  const int64_t batches_;
  std::mutex mutex_;
  std::array<Order, 2> orders_;
  std::array<int64_t, 2> order_epochs_{-1, -1};
};

}  // namespace

Normalisation measure_normalisation(const Dataset& set) {
  RANVIER_CONTRACT(set.size() > 0, "a dataset is not empty");
  Normalisation normalisation;
  const auto plane = static_cast<size_t>(set.height) * static_cast<size_t>(set.width);
  const int64_t taken = set.files ? std::min(set.size(), kMeasuredFiles) : set.size();
  const auto channels = static_cast<size_t>(set.channels);
  std::vector<uint64_t> sum(channels);
  std::vector<uint64_t> squares(channels);
  std::vector<uint8_t> scratch(set.files ? static_cast<size_t>(set.image_bytes()) : 0);
  for (int64_t i = 0; i < taken; ++i) {
    if (set.files) read_central(set, i * set.size() / taken, scratch);
    const auto image = set.files ? std::span<const uint8_t>(scratch) : set.image(i);
    for (size_t c = 0; c < channels; ++c) {
      for (const uint64_t pixel : image.subspan(c * plane, plane)) {
        sum[c] += pixel;
        squares[c] += pixel * pixel;
      }
    }
  }
  const double count = static_cast<double>(taken) * static_cast<double>(plane);
  for (size_t c = 0; c < channels; ++c) {
    const double mean = static_cast<double>(sum[c]) / count;
    const double variance = static_cast<double>(squares[c]) / count - mean * mean;
    normalisation.mean.push_back(static_cast<float>(mean / 255.0));
    normalisation.stddev.push_back(static_cast<float>(std::sqrt(std::max(variance, 1.0)) / 255.0));
  }
  return normalisation;
}

/// A ring of `prefetch` slots. Workers take tickets in order; ticket t lives in slot t % prefetch
/// until it is read.
class BatchLoader::Stream {
 public:
  Stream(const Dataset& set, const Normalisation& normalisation, const BatchOptions& options)
      : maker_(set, normalisation, options),
        share_(static_cast<size_t>(options.batch_size / options.shards)),
        floats_(static_cast<size_t>(set.image_bytes())),
        slots_(static_cast<size_t>(options.prefetch)),
        threads_(options.prefetch > 0 ? options.threads : 0) {}

  ~Stream() { stop(); }

  const BatchMaker& maker() const { return maker_; }

  void start(int64_t epoch, int64_t batch) {
    RANVIER_CONTRACT(epoch >= 0 && batch >= 0 && batch <= maker_.batches(),
                     "a stream starts within an epoch");
    stop();
    wanted_ = epoch * maker_.batches() + batch;
    taken_ = wanted_;
    for (Batch& slot : slots_) slot.ticket = -1;
  }

  BatchPosition next(std::span<float> images, std::span<int64_t> labels) {
    RANVIER_CONTRACT(images.size() >= share_ * floats_ && labels.size() >= share_,
                     "the buffers hold a whole share of a batch");
    if (slots_.empty()) return maker_.fill(wanted_++, images, labels);
    if (workers_.empty()) launch();
    std::unique_lock lock(mutex_);
    Batch& slot = slots_[static_cast<size_t>(wanted_) % slots_.size()];
    changed_.wait(lock, [&] { return slot.ticket == wanted_ || failure_; });
    if (failure_) std::rethrow_exception(failure_);
    lock.unlock();
    const auto size = static_cast<size_t>(slot.position.size);
    std::copy_n(slot.images.begin(), size * floats_, images.begin());
    std::copy_n(slot.labels.begin(), size, labels.begin());
    const BatchPosition position = slot.position;
    lock.lock();
    slot.ticket = -1;
    ++wanted_;
    lock.unlock();
    changed_.notify_all();
    return position;
  }

 private:
  void launch() {
    stopping_ = false;
    for (int i = 0; i < threads_; ++i) workers_.emplace_back([this] { work(); });
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
    failure_ = nullptr;
  }

  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] {
        return stopping_ || taken_ < wanted_ + static_cast<int64_t>(slots_.size());
      });
      if (stopping_) return;
      const int64_t ticket = taken_++;
      lock.unlock();
      try {
        make(ticket);
      } catch (...) {
        lock.lock();
        failure_ = std::current_exception();
        stopping_ = true;
      }
      changed_.notify_all();
    }
  }

  void make(int64_t ticket) {
    Batch& slot = slots_[static_cast<size_t>(ticket) % slots_.size()];
    slot.images.resize(share_ * floats_);
    slot.labels.resize(share_);
    slot.position = maker_.fill(ticket, slot.images, slot.labels);
    const std::lock_guard lock(mutex_);
    slot.ticket = ticket;
  }

  BatchMaker maker_;
  const size_t share_;
  const size_t floats_;
  std::vector<Batch> slots_;
  const int threads_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t wanted_ = 0;  // ticket of the next batch to deliver
  int64_t taken_ = 0;   // ticket of the next batch to make
  bool stopping_ = false;
  std::exception_ptr failure_;
};

BatchLoader::BatchLoader(const Dataset& set, Normalisation normalisation,
                         const BatchOptions& options) {
  check(set, options);
  stream_ = std::make_unique<Stream>(set, normalisation, options);
}

BatchLoader::~BatchLoader() = default;

int64_t BatchLoader::batches_per_epoch() const { return stream_->maker().batches(); }

int64_t BatchLoader::samples_per_epoch() const { return stream_->maker().samples(); }

void BatchLoader::start(int64_t epoch, int64_t batch) { stream_->start(epoch, batch); }

BatchPosition BatchLoader::next(std::span<float> images, std::span<int64_t> labels) {
  return stream_->next(images, labels);
}

}  // namespace ranvier::train
