#include "ranvier/train/data/dataset.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/train/data/loaders.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <utility>

namespace ranvier::train {
namespace fs = std::filesystem;
namespace {

struct KindEntry {
  DataKind kind;
  std::string_view name;
  Data (*load)(const DataSpec&);
};

constexpr std::array kKinds{
    KindEntry{DataKind::kProcedural, "procedural", draw_procedural},
    KindEntry{DataKind::kCifar10, "cifar10", load_cifar10},
    KindEntry{DataKind::kCifar100, "cifar100", load_cifar100},
    KindEntry{DataKind::kIdx, "idx", load_idx},
    KindEntry{DataKind::kImageFolder, "image_folder", load_image_folder},
    KindEntry{DataKind::kText, "text", load_text},
    KindEntry{DataKind::kProceduralText, "procedural_text", draw_text},
};

const KindEntry& kind_of(DataKind kind) {
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                   [&](const KindEntry& entry) { return entry.kind == kind; });
  RANVIER_CONTRACT(found != kKinds.end(), "every data kind has a loader");
  return *found;
}

void check_whole(const Dataset& set) {
  RANVIER_CONTRACT(set.size() > 0, "a dataset is not empty");
  const auto stored = set.files ? static_cast<int64_t>(set.files->names.size())
                                : static_cast<int64_t>(set.pixels.size()) / set.image_bytes();
  RANVIER_CONTRACT(stored == set.size(), "every image has its pixels");
  const auto [low, high] = std::minmax_element(set.labels.begin(), set.labels.end());
  RANVIER_CONTRACT(*low >= 0 && *high < set.classes, "labels name classes");
}

}  // namespace

std::string_view to_string(DataKind kind) { return kind_of(kind).name; }

DataKind parse_data_kind(std::string_view text, std::string_view key) {
  std::string allowed;
  std::vector<std::string> names;
  for (const KindEntry& entry : kKinds) {
    if (entry.name == text) return entry.kind;
    allowed += (allowed.empty() ? "one of " : ", ") + std::string(entry.name);
    names.emplace_back(entry.name);
  }
  const std::string nearest = core::nearest_name(text, names);
  throw core::UserError({.key = std::string(key),
                         .given = "'" + std::string(text) + "'",
                         .allowed = allowed,
                         .place = {},
                         .hint = nearest.empty() ? "" : "Did you mean " + nearest + "?"});
}

uint64_t content_hash(const Data& data) {
  uint64_t hash = core::content_hash("");
  for (const Dataset* set : {&data.train, &data.test}) {
    if (set->files) {
      const auto* files = reinterpret_cast<const char*>(&set->files->hash);
      hash = core::content_hash({files, sizeof(uint64_t)}, hash);
      continue;
    }
    const auto* pixels = reinterpret_cast<const char*>(set->pixels.data());
    const auto* labels = reinterpret_cast<const char*>(set->labels.data());
    hash = core::content_hash({pixels, set->pixels.size()}, hash);
    hash = core::content_hash({labels, set->labels.size() * sizeof(int32_t)}, hash);
  }
  for (const auto* bytes : {&data.text.train, &data.text.test}) {
    hash = core::content_hash({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, hash);
  }
  return hash;
}

int64_t Data::train_samples() const {
  return is_text() ? windows_of(static_cast<int64_t>(text.train.size()), text.context)
                   : train.size();
}

int64_t Data::test_samples() const {
  return is_text() ? windows_of(static_cast<int64_t>(text.test.size()), text.context) : test.size();
}

Data load_data(const DataSpec& spec) {
  Data data = kind_of(spec.kind).load(spec);
  if (data.is_text()) return data;
  check_whole(data.train);
  check_whole(data.test);
  RANVIER_CONTRACT(data.train.image_bytes() == data.test.image_bytes() &&
                       data.train.classes == data.test.classes,
                   "train and test are of one kind");
  return data;
}

fs::path find_file(const DataSpec& spec, std::span<const std::string> names,
                   std::string_view how_to_get) {
  for (const std::string& name : names) {
    if (fs::is_regular_file(spec.path / name)) return spec.path / name;
  }
  std::string hint(how_to_get);
  if (fs::is_regular_file(spec.path / (names.front() + ".gz"))) {
    hint = "It is there compressed: gunzip " + (spec.path / (names.front() + ".gz")).string() + ".";
  } else if (!fs::is_directory(spec.path)) {
    hint = "No such directory. " + hint;
  }
  throw core::UserError({.key = "data.path",
                         .given = "'" + spec.path.string() + "'",
                         .allowed = "a directory that holds " + names.front(),
                         .place = spec.place,
                         .hint = hint});
}

FileHead read_head(const fs::path& file, int64_t wanted) {
  std::error_code code;
  const auto size = fs::file_size(file, code);
  FileHead head;
  head.file_bytes = code ? -1 : static_cast<int64_t>(size);
  head.bytes.resize(
      static_cast<size_t>(std::clamp<int64_t>(wanted, 0, std::max<int64_t>(head.file_bytes, 0))));
  std::ifstream in(file, std::ios::binary);
  in.read(reinterpret_cast<char*>(head.bytes.data()),
          static_cast<std::streamsize>(head.bytes.size()));
  if (code || !in)
    refuse_file(file, "an unreadable file", "a file that can be read", "Check its permissions.");
  return head;
}

void refuse_file(const fs::path& file, std::string given, std::string allowed, std::string hint) {
  throw core::UserError({.key = "data.path",
                         .given = file.string() + " with " + std::move(given),
                         .allowed = std::move(allowed),
                         .place = {},
                         .hint = std::move(hint)});
}

int64_t limited(std::optional<int64_t> limit, int64_t available, std::string_view key) {
  if (!limit) return available;
  if (*limit >= 1 && *limit <= available) return *limit;
  throw core::UserError({.key = std::string(key),
                         .given = std::to_string(*limit),
                         .allowed = "1.." + std::to_string(available),
                         .place = {},
                         .hint = "Leave it out to take all samples."});
}

}  // namespace ranvier::train
