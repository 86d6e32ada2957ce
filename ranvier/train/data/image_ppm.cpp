// Binary PPM (P6) and PGM (P5) of up to 8 bits per value
// (http://netpbm.sourceforge.net/doc/ppm.html).

#include "ranvier/train/data/image_file.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace ranvier::train {
namespace {

constexpr int kMostValue = 255;

/// Reads the numbers of a header, between which there are blanks and comments.
class Header {
 public:
  explicit Header(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  int64_t number() {
    skip_blanks();
    const size_t begin = at_;
    int64_t value = 0;
    while (at_ < bytes_.size() && bytes_[at_] >= '0' && bytes_[at_] <= '9') {
      value = 10 * value + (bytes_[at_++] - '0');
      if (value > 1 << 30) throw std::runtime_error("a number too large in its header");
    }
    if (at_ == begin) throw std::runtime_error("a header that is not three numbers");
    return value;
  }

  /// What follows the single blank behind the last number.
  std::span<const uint8_t> rest() const {
    if (at_ >= bytes_.size() || !is_blank(bytes_[at_])) {
      throw std::runtime_error("no blank behind its header");
    }
    return bytes_.subspan(at_ + 1);
  }

 private:
  static bool is_blank(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
  }

  void skip_blanks() {
    while (at_ < bytes_.size() && (is_blank(bytes_[at_]) || bytes_[at_] == '#')) {
      const bool is_comment = bytes_[at_++] == '#';
      while (is_comment && at_ < bytes_.size() && bytes_[at_] != '\n') ++at_;
    }
  }

  std::span<const uint8_t> bytes_;
  size_t at_ = 2;  // behind the magic
};

}  // namespace

RgbImage decode_ppm(std::span<const uint8_t> bytes) {
  Header header(bytes);
  const int64_t width = header.number();
  const int64_t height = header.number();
  const int64_t most = header.number();
  if (most < 1 || most > kMostValue) {
    throw std::runtime_error(fmt::format("values up to {}, need 1..{}", most, kMostValue));
  }
  RgbImage image = make_rgb(width, height);
  const auto values = header.rest();
  const bool is_grey = bytes[1] == '5';
  const size_t wanted = image.pixels.size() / (is_grey ? 3 : 1);
  if (values.size() < wanted) {
    throw std::runtime_error(fmt::format("{} of {} values", values.size(), wanted));
  }
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    const int64_t value = values[is_grey ? i / 3 : i];
    if (value > most) throw std::runtime_error(fmt::format("a value {} above {}", value, most));
    image.pixels[i] = static_cast<uint8_t>((value * kMostValue + most / 2) / most);
  }
  return image;
}

}  // namespace ranvier::train
