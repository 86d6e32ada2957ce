#pragma once
// Labelled images or texts in memory, read from published file formats or drawn by the built-in
// generators. No Torch.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::train {

enum class DataKind : uint8_t {
  kProcedural,
  kCifar10,
  kCifar100,
  kIdx,
  kImageFolder,
  kText,
  kProceduralText
};

std::string_view to_string(DataKind kind);

/// Errors: UserError naming `key` and the known kinds.
DataKind parse_data_kind(std::string_view text, std::string_view key);

/// Pictures that stay in their files until a batch wants them.
struct ImageFiles {
  std::filesystem::path folder;
  std::vector<std::string> names;  // below the folder
  double central_fraction = 1;     // side of the square that is tested with, over the shorter side
  double least_area = 1;           // of a random part, over the picture's
  uint64_t hash = 0;               // of names, sizes, labels and how pictures become images
};

/// Images of one size, each with the number of its class.
struct Dataset {
  std::string name;
  int channels = 0;
  int height = 0;
  int width = 0;
  int classes = 0;
  std::vector<uint8_t> pixels;                   // [N][C][H][W]; none when there are files
  std::vector<int32_t> labels;                   // [N], each 0..classes-1
  std::shared_ptr<const ImageFiles> files = {};  // in place of pixels; [N] names

  int64_t size() const { return static_cast<int64_t>(labels.size()); }
  int64_t image_bytes() const { return int64_t{1} * channels * height * width; }
  std::span<const uint8_t> image(int64_t index) const {
    const auto bytes = static_cast<size_t>(image_bytes());
    return std::span(pixels).subspan(static_cast<size_t>(index) * bytes, bytes);
  }
};

/// Bytes to predict one by one.
struct Text {
  int context = 0;  // bytes of a window; 0: there is no text
  std::vector<uint8_t> train;
  std::vector<uint8_t> test;
};

/// Images or a text. A sample is an image, or a window of the text.
struct Data {
  Dataset train;
  Dataset test;
  Text text = {};

  bool is_text() const { return text.context > 0; }
  int64_t train_samples() const;
  int64_t test_samples() const;
};

/// Windows without overlap in a text of `bytes`; the byte after the last one is there too.
int64_t windows_of(int64_t bytes, int context);

/// 64-bit FNV-1a of all pixels (files: their names and sizes), labels and texts.
uint64_t content_hash(const Data& data);

/// What to load. A limit takes the first samples of the published order; without one, all are
/// taken.
struct DataSpec {
  DataKind kind = DataKind::kProcedural;
  std::filesystem::path path;            // directory of the files, or the text; unused if drawn
  std::string place;                     // where the user wrote data.path, for messages
  std::optional<int64_t> train_samples;  // without a limit: kProcedural 20000, text drawn 4000
  std::optional<int64_t> test_samples;   // without a limit: kProcedural 2000, text drawn 400
  uint64_t seed = 1;                     // drawn data only
  int image_size = 16;                   // kProcedural (8..64) and kImageFolder: pixels square
  std::filesystem::path test_path = {};  // kText only; empty: the end of `path` is the test text
  double test_fraction = 0.1;            // kText without a test_path
  int context = 128;                     // texts only: bytes of a window
  double central_fraction = 0.875;       // kImageFolder only, as in ImageFiles
  double least_area = 0.08;              // kImageFolder only, as in ImageFiles
};

/// Both halves, checked: sizes, labels, and that train and test are of one kind.
/// Errors: UserError (data.path, data.train_samples, ...) for files that are missing, truncated, of
/// another format, or with labels out of range; the hint says which file is expected.
Data load_data(const DataSpec& spec);

}  // namespace ranvier::train
