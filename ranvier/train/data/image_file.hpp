#pragma once
// One picture in a file: PPM and PGM always, JPEG and PNG where the build found their libraries. No
// Torch.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace ranvier::train {

struct RgbImage {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;  // [H][W][3]
};

enum class ImageFormat : uint8_t { kPpm, kJpeg, kPng };

bool has_jpeg();
bool has_png();

/// By the first bytes, whatever the name says. Errors: UserError (data.path) with the file's name
/// when it is empty, of another format, or of one that this build cannot read.
ImageFormat check_image_file(const std::filesystem::path& file);

/// The whole picture: grey becomes RGB, transparent parts lie on black, CMYK is converted, 16 bits
/// become 8. Errors: UserError (data.path) with the file's name and what is wrong with it; a
/// picture that ends early is never filled up.
RgbImage read_image_file(const std::filesystem::path& file);

/// The decoders: std::runtime_error with the reason when the bytes are not a whole picture.
RgbImage decode_ppm(std::span<const uint8_t> bytes);
RgbImage decode_jpeg(std::span<const uint8_t> bytes);
RgbImage decode_png(std::span<const uint8_t> bytes);

/// Room for an RGB picture of that size. Errors: std::runtime_error when it is empty or absurd.
RgbImage make_rgb(int64_t width, int64_t height);

}  // namespace ranvier::train
