#include "ranvier/train/data/image_file.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/train/data/test_pictures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace ranvier::train {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ImageFileTest : public ::testing::Test {
 protected:
  void TearDown() override { fs::remove(path_); }

  RgbImage read(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary) << bytes;
    return read_image_file(path_);
  }

  core::Refusal refusal(const std::string& bytes) const {
    try {
      read(bytes);
    } catch (const core::UserError& error) {
      EXPECT_EQ(error.refusal().key, "data.path");
      EXPECT_THAT(error.refusal().given, HasSubstr(path_.string()));
      return error.refusal();
    }
    ADD_FAILURE() << "accepted";
    return {};
  }

  fs::path path_ = fs::path(::testing::TempDir()) / ("picture_" + std::to_string(getpid()));
};

TEST_F(ImageFileTest, ReadsPpmAndPgm) {
  const RgbImage colour =
      read("P6 # a comment\n2 1\n255\n\x01\x02\x03\xFE\xFF" + std::string(1, 0));
  EXPECT_EQ(colour.width, 2);
  EXPECT_EQ(colour.height, 1);
  EXPECT_THAT(colour.pixels, ElementsAre(1, 2, 3, 254, 255, 0));
  const RgbImage grey = read("P5\n1 2 15\n\x0F\x05");
  EXPECT_EQ(grey.height, 2);
  EXPECT_THAT(grey.pixels, ElementsAre(255, 255, 255, 85, 85, 85));
}

TEST_F(ImageFileTest, RefusesBrokenPpm) {
  EXPECT_THAT(refusal("P6 2 2 255\n12345").given, HasSubstr("5 of 12 values"));
  EXPECT_THAT(refusal("P6 2 x 255\n").given, HasSubstr("three numbers"));
  EXPECT_THAT(refusal("P6 0 2 255\n").given, HasSubstr("0 x 2 pixels"));
  EXPECT_THAT(refusal("P6 70000 1 255\n").given, HasSubstr("70000 x 1 pixels"));
  EXPECT_THAT(refusal("P6 99999999999999999999 1 255\n").given, HasSubstr("too large"));
  EXPECT_THAT(refusal("P6 1 1 65535\n123456").given, HasSubstr("1..255"));
  EXPECT_THAT(refusal("P5 1 1 7\n\x09").given, HasSubstr("9 above 7"));
  EXPECT_THAT(refusal("P6 1 1 255").given, HasSubstr("no blank"));
}

TEST_F(ImageFileTest, RefusesWhatIsNoPicture) {
  EXPECT_THAT(refusal("").hint, HasSubstr("empty"));
  EXPECT_THAT(refusal("GIF89a...").given, HasSubstr("unknown first bytes"));
  EXPECT_THAT(refusal("GIF89a...").allowed, HasSubstr("PPM"));
}

TEST_F(ImageFileTest, ReadsPngOfEveryKindAsRgb) {
  if (!has_png()) GTEST_SKIP() << "built without libpng";
  EXPECT_THAT(read(test::from_hex(test::kPngRgb)).pixels,
              ElementsAre(10, 20, 30, 40, 50, 60, 70, 80, 90, 255, 0, 128));
  EXPECT_THAT(read(test::from_hex(test::kPngRgba)).pixels, ElementsAre(200, 100, 50, 0, 0, 0));
  EXPECT_THAT(read(test::from_hex(test::kPngPalette)).pixels, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(ImageFileTest, RefusesDamagedPng) {
  if (!has_png()) GTEST_SKIP() << "built without libpng";
  const std::string whole = test::from_hex(test::kPngRgb);
  for (const size_t kept : {size_t{10}, size_t{40}, size_t{55}}) {
    EXPECT_EQ(refusal(whole.substr(0, kept)).allowed, "a whole PNG picture") << kept;
  }
  std::string flipped = whole;
  flipped[45] = static_cast<char>(flipped[45] ^ 0x10);
  EXPECT_EQ(refusal(flipped).allowed, "a whole PNG picture");
}

void expect_flat(const RgbImage& image, int x, int red, int green, int blue) {
  for (int y = 0; y < image.height; ++y) {
    const uint8_t* pixel = image.pixels.data() + 3 * (y * image.width + x);
    EXPECT_NEAR(pixel[0], red, 1);
    EXPECT_NEAR(pixel[1], green, 1);
    EXPECT_NEAR(pixel[2], blue, 1);
  }
}

TEST_F(ImageFileTest, ReadsJpegOfEveryColourSpaceAsRgb) {
  if (!has_jpeg()) GTEST_SKIP() << "built without libjpeg";
  const RgbImage grey = read(test::from_hex(test::kJpegGrey));
  EXPECT_EQ(grey.width, 16);
  EXPECT_EQ(grey.height, 8);
  for (const int x : {0, 7}) expect_flat(grey, x, 100, 100, 100);
  for (const int x : {8, 15}) expect_flat(grey, x, 201, 201, 201);
  expect_flat(read(test::from_hex(test::kJpegRgb)), 4, 190, 84, 120);
  expect_flat(read(test::from_hex(test::kJpegCmyk)), 4, 204, 102, 0);
}

TEST_F(ImageFileTest, RefusesJpegThatLostDataButNotOneWithBytesTooMany) {
  if (!has_jpeg()) GTEST_SKIP() << "built without libjpeg";
  const std::string whole = test::from_hex(test::kJpegGrey);
  for (const size_t cut : {size_t{4}, size_t{20}, whole.size() - 40}) {
    EXPECT_EQ(refusal(whole.substr(0, whole.size() - cut)).allowed, "a whole JPEG picture") << cut;
  }
  const std::string body = whole.substr(0, whole.size() - 2);
  EXPECT_NO_THROW(read(body + std::string(3, 'x') + "\xFF\xD9"));
}

TEST_F(ImageFileTest, GoesByTheFirstBytesAlone) {
  std::ofstream(path_, std::ios::binary) << test::flat_ppm(1, 1, 1, 2, 3);
  EXPECT_EQ(check_image_file(path_), ImageFormat::kPpm);
  std::ofstream(path_, std::ios::binary) << "no";
  EXPECT_THROW(check_image_file(path_), core::UserError);
}

}  // namespace
}  // namespace ranvier::train
