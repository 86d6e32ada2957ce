// PNG by libpng's simplified interface.

#include "ranvier/train/data/image_file.hpp"

#include <png.h>

#include <stdexcept>
#include <string>

namespace ranvier::train {
namespace {

/// libpng's reader, freed whatever happens.
struct Reader {
  png_image image{};
  Reader() { image.version = PNG_IMAGE_VERSION; }
  ~Reader() { png_image_free(&image); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void require(int is_done) const {
    if (is_done == 0) throw std::runtime_error(image.message);
  }
};

}  // namespace

bool has_png() { return true; }

RgbImage decode_png(std::span<const uint8_t> bytes) {
  Reader reader;
  reader.require(png_image_begin_read_from_memory(&reader.image, bytes.data(), bytes.size()));
  reader.image.format = PNG_FORMAT_RGB;
  RgbImage out = make_rgb(reader.image.width, reader.image.height);
  const png_color black{0, 0, 0};
  reader.require(png_image_finish_read(&reader.image, &black, out.pixels.data(), 0, nullptr));
  return out;
}

}  // namespace ranvier::train
