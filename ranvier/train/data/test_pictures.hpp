#pragma once
// Hand-made tiny pictures for tests; the JPEG ones were coded bit by bit, with flat blocks of
// 8 x 8.

#include <cstdint>
#include <string>
#include <string_view>

namespace ranvier::train::test {

inline std::string from_hex(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

/// `width` x `height` pixels of one colour.
inline std::string flat_ppm(int width, int height, uint8_t red, uint8_t green, uint8_t blue) {
  std::string bytes = "P6 " + std::to_string(width) + " " + std::to_string(height) + " 255\n";
  for (int i = 0; i < width * height; ++i) {
    for (const uint8_t value : {red, green, blue}) bytes += static_cast<char>(value);
  }
  return bytes;
}

// 2 x 2: (10, 20, 30) (40, 50, 60) / (70, 80, 90) (255, 0, 128).
inline constexpr std::string_view kPngRgb =
    "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a73000000164944415478da63e01291"
    "d330b261700b88facfd00000101503423f1c2d340000000049454e44ae426082";
// 2 x 1: (200, 100, 50) opaque, the same fully transparent.
inline constexpr std::string_view kPngRgba =
    "89504e470d0a1a0a0000000d4948445200000002000000010806000000f4227f8a0000000f4944415478da63389162"
    "f41f88190013dc03bc33870f420000000049454e44ae426082";
// 2 x 1, one bit of a palette: (1, 2, 3) (4, 5, 6).
inline constexpr std::string_view kPngPalette =
    "89504e470d0a1a0a0000000d4948445200000002000000010103000000ceecedc900000006504c5445010203040506"
    "95536f480000000a4944415478da637000000042004184bf8e620000000049454e44ae426082";

#define RANVIER_TEST_JPEG_TABLE                                                                \
  "ffdb00430008080808080808080808080808080808080808080808080808080808080808080808080808080808" \
  "080808080808080808080808080808080808080808080808"
#define RANVIER_TEST_JPEG_CODES                                                                \
  "ffc4001f0000010501010101010100000000000000000102030405060708090a0bffc400141001000000000000" \
  "00000000000000000000"
// 16 x 8 grey: 100 on the left half, 201 on the right one.
inline constexpr std::string_view kJpegGrey =
    "ffd8" RANVIER_TEST_JPEG_TABLE "ffc0000b080008001001011100" RANVIER_TEST_JPEG_CODES
    "ffda0008010100003f00c37b2bffd9";
// 8 x 8: Y 120, Cb 128, Cr 178.
inline constexpr std::string_view kJpegRgb =
    "ffd8" RANVIER_TEST_JPEG_TABLE "ffc00011080008000803011100021100031100" RANVIER_TEST_JPEG_CODES
    "ffda000c03010002000300003f00ae1d93ffd9";
// 8 x 8 in Adobe's inverted CMYK: 255, 128, 0, 204.
inline constexpr std::string_view kJpegCmyk =
    "ffd8ffee000e41646f626500640000000000" RANVIER_TEST_JPEG_TABLE
    "ffc00014080008000804011100021100031100041100" RANVIER_TEST_JPEG_CODES
    "ffda000e040100020003000400003f00f7f0f9fde98fffd9";
#undef RANVIER_TEST_JPEG_TABLE
#undef RANVIER_TEST_JPEG_CODES

}  // namespace ranvier::train::test
