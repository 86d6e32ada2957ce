// ImageNet-style folders: train/CLASS/picture and val/CLASS/picture. Pictures stay in their files
// until a batch wants them.

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/train/data/image_file.hpp"
#include "ranvier/train/data/loaders.hpp"
#include "ranvier/train/data/resize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace ranvier::train {
namespace fs = std::filesystem;
namespace {

constexpr int kColours = 3;
constexpr std::array<std::string_view, 5> kExtensions{".ppm", ".pgm", ".jpg", ".jpeg", ".png"};
constexpr std::string_view kLayout =
    "Put pictures into train/CLASS/ and val/CLASS/; a class is named by its folder.";

[[noreturn]] void refuse_folder(const DataSpec& spec, const fs::path& folder, std::string given,
                                std::string hint) {
  throw core::UserError({.key = "data.path",
                         .given = std::move(given),
                         .allowed = "a folder " + folder.string() + " of class folders of pictures",
                         .place = spec.place,
                         .hint = std::move(hint)});
}

bool is_picture(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

/// Names in a folder, sorted by their bytes: the same on every file system.
std::vector<std::string> names_in(const fs::path& folder, bool wants_folders) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const bool fits =
        wants_folders ? entry.is_directory() : entry.is_regular_file() && is_picture(entry.path());
    if (fits && !is_hidden(entry.path())) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> classes_in(const DataSpec& spec, const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    refuse_folder(spec, folder, "'" + spec.path.string() + "'", std::string(kLayout));
  }
  auto classes = names_in(folder, true);
  if (classes.empty())
    refuse_folder(spec, folder, "a folder without folders", std::string(kLayout));
  return classes;
}

/// The first picture of every class, then the second of every class, and so on: the first samples
/// of a set are of all classes.
void add_in_turn(const std::vector<std::vector<std::string>>& of_class,
                 const std::vector<int32_t>& labels, ImageFiles& files, Dataset& set) {
  size_t longest = 0;
  for (const auto& names : of_class) longest = std::max(longest, names.size());
  for (size_t turn = 0; turn < longest; ++turn) {
    for (size_t c = 0; c < of_class.size(); ++c) {
      if (turn >= of_class[c].size()) continue;
      files.names.push_back(of_class[c][turn]);
      set.labels.push_back(labels[c]);
    }
  }
}

/// Names, sizes and labels stand for the pictures: reading them all would take as long as an epoch.
uint64_t hash_of(const ImageFiles& files, const Dataset& set) {
  uint64_t hash = core::content_hash(
      fmt::format("{} {} {}", set.width, files.central_fraction, files.least_area));
  for (size_t i = 0; i < files.names.size(); ++i) {
    const auto bytes = fs::file_size(files.folder / files.names[i]);
    hash =
        core::content_hash(fmt::format("{} {} {}\n", files.names[i], bytes, set.labels[i]), hash);
  }
  return hash;
}

Dataset list_half(const DataSpec& spec, const std::string& half,
                  const std::vector<std::string>& classes, std::optional<int64_t> limit,
                  std::string_view key) {
  auto files = std::make_shared<ImageFiles>();
  files->folder = spec.path / half;
  files->central_fraction = spec.central_fraction;
  files->least_area = spec.least_area;
  Dataset set;
  set.name = "image_folder";
  set.channels = kColours;
  set.height = set.width = spec.image_size;
  set.classes = static_cast<int>(classes.size());
  std::vector<std::vector<std::string>> of_class;
  std::vector<int32_t> labels;
  for (const auto& name : classes_in(spec, files->folder)) {
    const auto found = std::lower_bound(classes.begin(), classes.end(), name);
    if (found == classes.end() || *found != name) {
      refuse_folder(spec, files->folder, "a class '" + name + "' in " + half,
                    "train has no such class: what it looks like cannot be learned.");
    }
    auto names = names_in(files->folder / name, false);
    if (names.empty()) {
      refuse_folder(spec, files->folder / name, "no picture in " + (files->folder / name).string(),
                    "Pictures end in .ppm, .pgm, .jpg, .jpeg or .png.");
    }
    for (auto& picture : names) picture = name + "/" + picture;
    of_class.push_back(std::move(names));
    labels.push_back(static_cast<int32_t>(found - classes.begin()));
  }
  add_in_turn(of_class, labels, *files, set);
  const auto kept = static_cast<size_t>(limited(limit, set.size(), key));
  files->names.resize(kept);
  set.labels.resize(kept);
  for (const auto& name : files->names) check_image_file(files->folder / name);
  files->hash = hash_of(*files, set);
  set.files = std::move(files);
  return set;
}

}  // namespace

Data load_image_folder(const DataSpec& spec) {
  const auto classes = classes_in(spec, spec.path / "train");
  if (classes.size() < 2) {
    refuse_folder(spec, spec.path / "train", "one class",
                  "Two classes at least can be told apart.");
  }
  return {.train = list_half(spec, "train", classes, spec.train_samples, "data.train_samples"),
          .test = list_half(spec, "val", classes, spec.test_samples, "data.test_samples")};
}

void read_central(const Dataset& set, int64_t sample, std::span<uint8_t> out) {
  const auto& files = *set.files;
  const RgbImage image = read_image_file(files.folder / files.names[static_cast<size_t>(sample)]);
  resize_box(image, central_square(image.width, image.height, files.central_fraction), set.width,
             out);
}

void read_random(const Dataset& set, int64_t sample, uint64_t seed, int64_t epoch,
                 std::span<uint8_t> out) {
  const auto& files = *set.files;
  const RgbImage image = read_image_file(files.folder / files.names[static_cast<size_t>(sample)]);
  resize_box(image, random_box(seed, epoch, sample, image.width, image.height, files.least_area),
             set.width, out);
}

}  // namespace ranvier::train
