#include "ranvier/train/data/image_file.hpp"

#include "ranvier/train/data/loaders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string>

namespace ranvier::train {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kMostSide = 65535;
constexpr int64_t kMostPixels = int64_t{1} << 28;

struct Format {
  ImageFormat format;
  std::string_view name;
  std::string_view magic;
  bool (*is_built_in)();
  RgbImage (*decode)(std::span<const uint8_t>);
  std::string_view package;
};

bool always() { return true; }

constexpr std::array kFormats{
    Format{ImageFormat::kPpm, "PPM", "P6", always, decode_ppm, ""},
    Format{ImageFormat::kPpm, "PGM", "P5", always, decode_ppm, ""},
    Format{ImageFormat::kJpeg, "JPEG", "\xFF\xD8\xFF", has_jpeg, decode_jpeg,
           "libjpeg62-turbo-dev"},
    Format{ImageFormat::kPng, "PNG", "\x89PNG", has_png, decode_png, "libpng-dev"},
};

std::string readable_formats() {
  std::string out = "a PPM";
  if (has_jpeg()) out += ", JPEG";
  if (has_png()) out += ", PNG";
  return out + " picture";
}

const Format& format_of(const fs::path& file, std::span<const uint8_t> bytes) {
  for (const Format& entry : kFormats) {
    const bool fits = bytes.size() >= entry.magic.size() &&
                      std::equal(entry.magic.begin(), entry.magic.end(), bytes.begin(),
                                 [](char c, uint8_t b) { return static_cast<uint8_t>(c) == b; });
    if (!fits) continue;
    if (entry.is_built_in()) return entry;
    refuse_file(file, fmt::format("a {} picture", entry.name), readable_formats(),
                fmt::format("This program was built without it: install {} and build again.",
                            entry.package));
  }
  if (bytes.empty()) {
    refuse_file(file, "0 bytes", readable_formats(), "The file is empty: delete or replace it.");
  }
  refuse_file(file, "unknown first bytes", readable_formats(),
              "Convert it, or give it another extension than that of a picture.");
}

}  // namespace

ImageFormat check_image_file(const fs::path& file) {
  constexpr int64_t kMagicBytes = 4;
  return format_of(file, read_head(file, kMagicBytes).bytes).format;
}

RgbImage read_image_file(const fs::path& file) {
  std::error_code code;
  const auto size = fs::file_size(file, code);
  const FileHead whole = read_head(file, code ? 0 : static_cast<int64_t>(size));
  const Format& format = format_of(file, whole.bytes);
  try {
    return format.decode(whole.bytes);
  } catch (const std::runtime_error& error) {
    refuse_file(file, std::string(error.what()), fmt::format("a whole {} picture", format.name),
                "The file is truncated or damaged: replace or delete it.");
  }
}

RgbImage make_rgb(int64_t width, int64_t height) {
  if (width < 1 || height < 1 || width > kMostSide || height > kMostSide ||
      width * height > kMostPixels) {
    throw std::runtime_error(fmt::format("{} x {} pixels", width, height));
  }
  RgbImage image{static_cast<int>(width), static_cast<int>(height), {}};
  image.pixels.resize(static_cast<size_t>(3 * width * height));
  return image;
}

}  // namespace ranvier::train
