#pragma once
// Batches of normalised float images, shuffled and augmented per epoch, made ahead of time by
// worker threads. No Torch.

#include "ranvier/train/data/dataset.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace ranvier::train {

/// Per channel, of pixel / 255: out = (pixel / 255 - mean) / stddev.
struct Normalisation {
  std::vector<float> mean;
  std::vector<float> stddev;  // at least 1/255, so that a flat channel does not divide by 0
};

/// From every pixel of a set (use the training set for both halves); of files, from the central
/// squares of 2048 at even distances. Cost: one pass.
Normalisation measure_normalisation(const Dataset& set);

enum class Layout : uint8_t { kNchw, kNhwc };

struct BatchOptions {
  int64_t batch_size = 128;
  Layout layout = Layout::kNchw;
  bool shuffle = true;     // off: published order
  bool crop = false;       // pad by `crop_padding` with black, crop at a random place; files: a
                           // random part, resized
  bool flip = false;       // mirror left to right with probability 1/2
  bool drop_last = false;  // leave out a smaller batch at the end of an epoch
  int crop_padding = 4;    // [pixel]
  int shards = 1;          // processes that share every batch evenly; above 1: with drop_last only
  int shard = 0;           // whose part is served here
  uint64_t seed = 1;
  int prefetch = 4;  // batches made ahead; 0 = made inside next()
  int threads = 1;   // workers, when prefetch > 0
};

/// The batch that `next` delivered.
struct BatchPosition {
  int64_t epoch = 0;
  int64_t batch = 0;  // within the epoch
  int64_t size = 0;   // samples served here; less than a share only at the end of an epoch
  bool operator==(const BatchPosition&) const = default;
};

/// An endless stream of batches: after the last batch of an epoch comes the first of the next one.
/// What a batch holds depends on (dataset, options.seed, epoch, batch) alone: not on threads,
/// prefetch, start or shards, which are consecutive parts of it.
class BatchLoader {
 public:
  /// Keeps a reference to `set`, which must outlive the loader. Errors: UserError (train.batch)
  /// when no batch fits.
  BatchLoader(const Dataset& set, Normalisation normalisation, const BatchOptions& options);
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  int64_t batches_per_epoch() const;
  int64_t samples_per_epoch() const;  // less than the dataset only with drop_last

  /// Jumps there, as after a resume; what was prefetched is dropped. Without a call, the stream
  /// begins at (0, 0).
  void start(int64_t epoch, int64_t batch = 0);

  /// Fills the first `size` images and labels.
  /// Shape: images [B][image floats] in the chosen layout, labels [B], B = batch_size / shards.
  BatchPosition next(std::span<float> images, std::span<int64_t> labels);

 private:
  class Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace ranvier::train
