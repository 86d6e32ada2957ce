// JPEG by libjpeg-turbo.

#include "ranvier/train/data/image_file.hpp"

#include <csetjmp>
#include <cstdio>
#include <stdexcept>
#include <string>
// After <cstdio>, which they do not include.
#include <jerror.h>
#include <jpeglib.h>

namespace ranvier::train {
namespace {

/// libjpeg's errors end in a jump out of it.
struct Failure {
  jpeg_error_mgr base;
  std::jmp_buf back;
  char text[JMSG_LENGTH_MAX];
};

[[noreturn]] void leave(j_common_ptr info) {
  auto* failure = reinterpret_cast<Failure*>(info->err);
  failure->base.format_message(info, failure->text);
  std::longjmp(failure->back, 1);
}

/// Lost data is an error here; bytes too many and odd markers are not.
void warn(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_NOT_SEQUENTIAL:
      leave(info);
    default:
      break;
  }
}

/// A decompressor that is freed whatever happens.
struct Decompressor {
  jpeg_decompress_struct info{};
  Failure failure{};

  Decompressor() {
    info.err = jpeg_std_error(&failure.base);
    failure.base.error_exit = leave;
    failure.base.emit_message = warn;
  }
  ~Decompressor() { jpeg_destroy_decompress(&info); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
};

/// False: failure.text says why. Jumps pass over nothing that has a destructor.
bool read_header(Decompressor& d, std::span<const uint8_t> bytes) {
  if (setjmp(d.failure.back) != 0) return false;
  jpeg_create_decompress(&d.info);
  jpeg_mem_src(&d.info, bytes.data(), bytes.size());
  jpeg_read_header(&d.info, TRUE);
  d.info.out_color_space = d.info.num_components == 4 ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&d.info);
  return true;
}

bool read_rows(Decompressor& d, uint8_t* rows) {
  if (setjmp(d.failure.back) != 0) return false;
  const size_t stride = size_t{d.info.output_width} * static_cast<size_t>(d.info.output_components);
  while (d.info.output_scanline < d.info.output_height) {
    JSAMPROW row = rows + d.info.output_scanline * stride;
    jpeg_read_scanlines(&d.info, &row, 1);
  }
  jpeg_finish_decompress(&d.info);
  return true;
}

/// Ink to light. Programs of Adobe store the ink that is missing.
void take_cmyk(const std::vector<uint8_t>& ink, bool is_inverted, RgbImage& image) {
  for (size_t pixel = 0; pixel < ink.size() / 4; ++pixel) {
    const auto light = [&](size_t at) {
      const int value = ink[4 * pixel + at];
      return is_inverted ? value : 255 - value;
    };
    for (size_t c = 0; c < 3; ++c) {
      image.pixels[3 * pixel + c] = static_cast<uint8_t>((light(c) * light(3) + 127) / 255);
    }
  }
}

}  // namespace

bool has_jpeg() { return true; }

RgbImage decode_jpeg(std::span<const uint8_t> bytes) {
  Decompressor d;
  const auto require = [&](bool is_read) {
    if (!is_read) throw std::runtime_error(d.failure.text);
  };
  require(read_header(d, bytes));
  RgbImage image = make_rgb(d.info.output_width, d.info.output_height);
  if (d.info.out_color_space != JCS_CMYK) {
    require(read_rows(d, image.pixels.data()));
    return image;
  }
  std::vector<uint8_t> ink(image.pixels.size() / 3 * 4);
  require(read_rows(d, ink.data()));
  take_cmyk(ink, d.info.saw_Adobe_marker != FALSE, image);
  return image;
}

}  // namespace ranvier::train
