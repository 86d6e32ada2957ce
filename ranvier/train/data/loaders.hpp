#pragma once
// One function per file format. Each returns all that was asked for, or throws; load_data picks and
// checks the rest.

#include "ranvier/train/data/dataset.hpp"

namespace ranvier::train {

/// CIFAR-10 and CIFAR-100 "binary version" (https://www.cs.toronto.edu/~kriz/cifar.html).
Data load_cifar10(const DataSpec& spec);
Data load_cifar100(const DataSpec& spec);  // fine labels

/// IDX files of the MNIST family (http://yann.lecun.com/exdb/mnist), decompressed.
Data load_idx(const DataSpec& spec);

/// Ten classes of textured shapes, drawn from `spec.seed`; equal bytes on every machine.
Data draw_procedural(const DataSpec& spec);

/// Pictures in train/CLASS/ and val/CLASS/, read batch by batch. First the first picture of every
/// class, then the second ones. The first bytes of every file are checked.
Data load_image_folder(const DataSpec& spec);

/// One picture of such a set at its size: the central square, or a part that (seed, epoch, sample)
/// decide. Errors: UserError (data.path) naming a damaged file. Shape: out [C][H][W].
void read_central(const Dataset& set, int64_t sample, std::span<uint8_t> out);
void read_random(const Dataset& set, int64_t sample, uint64_t seed, int64_t epoch,
                 std::span<uint8_t> out);

/// Any file as bytes; two files, or one that is split.
Data load_text(const DataSpec& spec);

/// Sentences of a small grammar, drawn from `spec.seed`; equal bytes on every machine.
Data draw_text(const DataSpec& spec);

/// First of `names` that exists under `spec.path`. Errors: UserError (data.path) with `how_to_get`
/// as hint.
std::filesystem::path find_file(const DataSpec& spec, std::span<const std::string> names,
                                std::string_view how_to_get);

/// Size of an existing file and its first `wanted` bytes, fewer if it is shorter. Errors: UserError
/// (data.path).
struct FileHead {
  int64_t file_bytes = 0;
  std::vector<uint8_t> bytes;
};
FileHead read_head(const std::filesystem::path& file, int64_t wanted);

/// Throws UserError about a file that is there but is not what it should be.
[[noreturn]] void refuse_file(const std::filesystem::path& file, std::string given,
                              std::string allowed, std::string hint = {});

/// Samples to take: the limit if given, else all. Errors: UserError (`key`) when the limit is
/// not 1..available.
int64_t limited(std::optional<int64_t> limit, int64_t available, std::string_view key);

}  // namespace ranvier::train
