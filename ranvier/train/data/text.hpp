#pragma once
// Texts as bytes, and the windows of them that a language model reads. No Torch.

#include "ranvier/train/data/batch_loader.hpp"
#include "ranvier/train/data/dataset.hpp"

#include <cstdint>
#include <span>

namespace ranvier::train {

inline constexpr int kByteValues = 256;

/// Entropy of the procedural text, from its grammar's probabilities [bits per byte]: no model does
/// better in the mean.
double grammar_bits_per_byte();

struct WindowOptions {
  int64_t batch_size = 32;  // windows
  bool random = true;       // off: one after the other from the start, without overlap
  uint64_t seed = 1;
};

/// An endless stream of batches of windows: `context` bytes, and for each the byte that follows it.
/// What a batch holds depends on (text, context, options, epoch, batch) alone. An epoch has as many
/// windows as fit without overlap; random ones begin anywhere. Random: full batches only.
class WindowLoader {
 public:
  /// Keeps a reference to `text`, which must outlive the loader. Errors: UserError (train.batch)
  /// when no batch fits.
  WindowLoader(std::span<const uint8_t> text, int context, const WindowOptions& options);

  int64_t batches_per_epoch() const;
  void start(int64_t epoch, int64_t batch = 0);

  /// Fills the first `size` windows. Shape: both [batch_size][context].
  BatchPosition next(std::span<int64_t> bytes, std::span<int64_t> following);

 private:
  int64_t window_start(int64_t epoch, int64_t index) const;

  std::span<const uint8_t> text_;
  int64_t context_;
  WindowOptions options_;
  int64_t windows_;
  int64_t ticket_ = 0;  // epoch x batches per epoch + batch
};

}  // namespace ranvier::train
