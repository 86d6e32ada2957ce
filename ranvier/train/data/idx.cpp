#include "ranvier/train/data/loaders.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace ranvier::train {
namespace fs = std::filesystem;
namespace {

// Magic: two zero bytes, 0x08 = unsigned byte, number of dimensions.
constexpr uint32_t kImagesMagic = 0x00000803;
constexpr uint32_t kLabelsMagic = 0x00000801;
constexpr int kMaxSide = 1024;
constexpr std::string_view kSource =
    "Put the four decompressed IDX files of MNIST, Fashion-MNIST or the like there.";

uint32_t big_endian(const std::vector<uint8_t>& bytes, size_t at) {
  return uint32_t{bytes[at]} << 24 | uint32_t{bytes[at + 1]} << 16 | uint32_t{bytes[at + 2]} << 8 |
         uint32_t{bytes[at + 3]};
}

std::string hex(uint32_t value) {
  std::string text = "0x00000000";
  for (size_t digit = 0; digit < 8; ++digit) {
    text[9 - digit] = "0123456789abcdef"[value >> (4 * digit) & 15U];
  }
  return text;
}

/// "train-images-idx3-ubyte", or "train-images.idx3-ubyte" as some archives name it.
fs::path idx_file(const DataSpec& spec, const std::string& stem, int dimensions) {
  const std::string tail = "idx" + std::to_string(dimensions) + "-ubyte";
  const std::array names{stem + "-" + tail, stem + "." + tail};
  return find_file(spec, names, kSource);
}

/// Dimensions after the magic. Errors: UserError for another magic, an empty set, or another file
/// size than stated.
std::vector<int64_t> read_dimensions(const fs::path& file, uint32_t magic) {
  const auto rank = static_cast<size_t>(magic & 0xFF);
  const FileHead head = read_head(file, static_cast<int64_t>(4 + 4 * rank));
  if (head.bytes.size() < 4 + 4 * rank) {
    refuse_file(file, std::to_string(head.file_bytes) + " bytes",
                "an IDX header of " + std::to_string(4 + 4 * rank) + " bytes",
                "The file is truncated.");
  }
  const uint32_t found = big_endian(head.bytes, 0);
  if (found != magic) {
    refuse_file(file, "magic " + hex(found), "magic " + hex(magic),
                (found >> 16) == 0x1F8B
                    ? "It is a gzip file under another name: gunzip it."
                    : "It is another kind of file, or images and labels are swapped.");
  }
  std::vector<int64_t> dimensions;
  int64_t items = 1;
  for (size_t i = 0; i < rank; ++i) {
    dimensions.push_back(big_endian(head.bytes, 4 + 4 * i));
    const int64_t most = i == 0 ? int64_t{1} << 31 : kMaxSide;
    if (dimensions.back() < 1 || dimensions.back() > most) {
      refuse_file(file,
                  "dimension " + std::to_string(i) + " of " + std::to_string(dimensions.back()),
                  "1.." + std::to_string(most), "The file is empty or damaged.");
    }
    items *= dimensions.back();
  }
  const int64_t expected = static_cast<int64_t>(4 + 4 * rank) + items;
  if (head.file_bytes != expected) {
    refuse_file(file, std::to_string(head.file_bytes) + " bytes",
                std::to_string(expected) + " bytes, as its header states",
                "The file is truncated or damaged.");
  }
  return dimensions;
}

std::vector<uint8_t> read_items(const fs::path& file, size_t rank, int64_t count) {
  const auto header = static_cast<int64_t>(4 + 4 * rank);
  FileHead head = read_head(file, header + count);
  head.bytes.erase(head.bytes.begin(), head.bytes.begin() + header);
  return std::move(head.bytes);
}

Dataset read_set(const DataSpec& spec, const std::string& stem, std::optional<int64_t> limit,
                 std::string_view key) {
  const fs::path images = idx_file(spec, stem + "-images", 3);
  const fs::path labels = idx_file(spec, stem + "-labels", 1);
  const auto shape = read_dimensions(images, kImagesMagic);
  const auto label_shape = read_dimensions(labels, kLabelsMagic);
  if (label_shape[0] != shape[0]) {
    refuse_file(
        labels, std::to_string(label_shape[0]) + " labels",
        std::to_string(shape[0]) + " labels, one per image of " + images.filename().string());
  }
  const int64_t count = limited(limit, shape[0], key);
  Dataset set;
  set.name = "idx";
  set.channels = 1;
  set.height = static_cast<int>(shape[1]);
  set.width = static_cast<int>(shape[2]);
  set.pixels = read_items(images, 3, count * shape[1] * shape[2]);
  const auto bytes = read_items(labels, 1, count);
  set.labels.assign(bytes.begin(), bytes.end());
  return set;
}

/// 1 + the highest label of the whole training set, so that a limit does not change the network.
int count_classes(const DataSpec& spec) {
  const fs::path file = idx_file(spec, "train-labels", 1);
  const auto labels = read_items(file, 1, read_dimensions(file, kLabelsMagic)[0]);
  return std::max(2, *std::max_element(labels.begin(), labels.end()) + 1);
}

}  // namespace

Data load_idx(const DataSpec& spec) {
  Data data{.train = read_set(spec, "train", spec.train_samples, "data.train_samples"),
            .test = read_set(spec, "t10k", spec.test_samples, "data.test_samples")};
  data.train.classes = data.test.classes = count_classes(spec);
  if (data.test.height != data.train.height || data.test.width != data.train.width) {
    refuse_file(
        idx_file(spec, "t10k-images", 3),
        std::to_string(data.test.height) + " x " + std::to_string(data.test.width) + " images",
        std::to_string(data.train.height) + " x " + std::to_string(data.train.width) +
            " images, as the training set");
  }
  const int32_t highest = *std::max_element(data.test.labels.begin(), data.test.labels.end());
  if (highest >= data.train.classes) {
    refuse_file(idx_file(spec, "t10k-labels", 1), "label " + std::to_string(highest),
                "labels 0.." + std::to_string(data.train.classes - 1) + ", as in the training set");
  }
  return data;
}

}  // namespace ranvier::train
