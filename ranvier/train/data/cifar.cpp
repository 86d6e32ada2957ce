#include "ranvier/train/data/loaders.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace ranvier::train {
namespace fs = std::filesystem;
namespace {

constexpr int kChannels = 3;
constexpr int kSide = 32;
constexpr int64_t kImageBytes = int64_t{1} * kChannels * kSide * kSide;

/// A record is `label_bytes` labels, of which the last one is used, then R, G, B planes.
struct RecordFormat {
  std::string_view name;
  int label_bytes;
  int classes;
  std::string_view folder;  // the folder inside the published archive
  std::string_view source;
};

constexpr RecordFormat kCifar10{
    "cifar10", 1, 10, "cifar-10-batches-bin",
    "Unpack cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html there."};

constexpr RecordFormat kCifar100{
    "cifar100", 2, 100, "cifar-100-binary",
    "Unpack cifar-100-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html there."};

Dataset empty_set(const RecordFormat& format) {
  Dataset set;
  set.name = format.name;
  set.channels = kChannels;
  set.height = kSide;
  set.width = kSide;
  set.classes = format.classes;
  return set;
}

fs::path record_file(const DataSpec& spec, const RecordFormat& format, const std::string& name) {
  const std::array names{name, std::string(format.folder) + "/" + name};
  return find_file(spec, names, format.source);
}

/// Whole records in the file. Errors: UserError when it is empty or ends within a record.
int64_t count_records(const fs::path& file, const RecordFormat& format) {
  const int64_t record = format.label_bytes + kImageBytes;
  const int64_t bytes = read_head(file, 0).file_bytes;
  if (bytes == 0 || bytes % record != 0) {
    refuse_file(
        file, std::to_string(bytes) + " bytes",
        "a positive multiple of " + std::to_string(record) + " bytes, one record each",
        "The file is truncated or not " + std::string(format.name) + " in its binary version.");
  }
  return bytes / record;
}

void append_records(const fs::path& file, const RecordFormat& format, int64_t count, Dataset& set) {
  const int64_t record = format.label_bytes + kImageBytes;
  const FileHead head = read_head(file, count * record);
  const auto first = static_cast<size_t>(set.size());
  set.labels.resize(first + static_cast<size_t>(count));
  set.pixels.resize(set.labels.size() * static_cast<size_t>(kImageBytes));
  for (int64_t i = 0; i < count; ++i) {
    const uint8_t* bytes = head.bytes.data() + i * record;
    const int label = bytes[format.label_bytes - 1];
    if (label >= format.classes) {
      refuse_file(
          file, "label " + std::to_string(label) + " in record " + std::to_string(i),
          "labels 0.." + std::to_string(format.classes - 1),
          "The file is damaged or not " + std::string(format.name) + " in its binary version.");
    }
    const size_t at = first + static_cast<size_t>(i);
    set.labels[at] = label;
    std::memcpy(set.pixels.data() + at * static_cast<size_t>(kImageBytes),
                bytes + format.label_bytes, static_cast<size_t>(kImageBytes));
  }
}

Dataset read_records(const DataSpec& spec, const RecordFormat& format,
                     std::span<const std::string> names, std::optional<int64_t> limit,
                     std::string_view key) {
  std::vector<fs::path> files;
  std::vector<int64_t> counts;
  int64_t available = 0;
  for (const std::string& name : names) {
    files.push_back(record_file(spec, format, name));
    counts.push_back(count_records(files.back(), format));
    available += counts.back();
  }
  int64_t wanted = limited(limit, available, key);
  Dataset set = empty_set(format);
  for (size_t i = 0; i < files.size() && wanted > 0; ++i) {
    const int64_t taken = std::min(wanted, counts[i]);
    append_records(files[i], format, taken, set);
    wanted -= taken;
  }
  return set;
}

Data load(const DataSpec& spec, const RecordFormat& format, std::span<const std::string> train,
          const std::string& test) {
  return {.train = read_records(spec, format, train, spec.train_samples, "data.train_samples"),
          .test = read_records(spec, format, {&test, 1}, spec.test_samples, "data.test_samples")};
}

}  // namespace

Data load_cifar10(const DataSpec& spec) {
  std::vector<std::string> train;
  for (int i = 1; i <= 5; ++i) train.push_back("data_batch_" + std::to_string(i) + ".bin");
  return load(spec, kCifar10, train, "test_batch.bin");
}

Data load_cifar100(const DataSpec& spec) {
  const std::string train = "train.bin";
  return load(spec, kCifar100, {&train, 1}, "test.bin");
}

}  // namespace ranvier::train
