#include "ranvier/core/error.hpp"
#include "ranvier/train/data/batch_loader.hpp"
#include "ranvier/train/data/dataset.hpp"
#include "ranvier/train/data/image_file.hpp"
#include "ranvier/train/data/test_pictures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

namespace ranvier::train {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Three classes of 3, 1 and 2 training pictures, and two test pictures of two classes.
class ImageFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    directory_ = fs::path(::testing::TempDir()) /
                 ("folder_" + std::string(info->name()) + std::to_string(getpid()));
    for (const int i : {0, 1, 2}) write_flat("train/ant/" + std::to_string(i) + ".ppm", 10 * i);
    write_flat("train/bee/x.PPM", 100);
    for (const int i : {0, 1}) write_flat("train/cat/" + std::to_string(i) + ".ppm", 200 + i);
    write_flat("val/ant/v.ppm", 1);
    write_flat("val/cat/v.ppm", 2);
    write("train/ant/notes.txt", "not a picture");
    write("train/.hidden/x.ppm", "not looked at");
  }
  void TearDown() override { fs::remove_all(directory_); }

  void write(const std::string& name, const std::string& bytes) const {
    fs::create_directories((directory_ / name).parent_path());
    std::ofstream(directory_ / name, std::ios::binary) << bytes;
  }
  void write_flat(const std::string& name, int red) const {
    write(name, test::flat_ppm(12, 10, static_cast<uint8_t>(red), 50, 7));
  }

  DataSpec spec() const {
    DataSpec result;
    result.kind = DataKind::kImageFolder;
    result.path = directory_;
    result.image_size = 8;
    return result;
  }

  core::Refusal refusal() const {
    try {
      load_data(spec());
    } catch (const core::UserError& error) {
      return error.refusal();
    }
    ADD_FAILURE() << "accepted";
    return {};
  }

  /// Red of the first pixel of every sample, in the order in which they are served.
  static std::vector<int> reds(const Dataset& set) {
    BatchLoader loader(set, {{0, 0, 0}, {1.0F / 255, 1.0F / 255, 1.0F / 255}},
                       {.batch_size = set.size(), .shuffle = false});
    std::vector<float> images(static_cast<size_t>(set.size() * set.image_bytes()));
    std::vector<int64_t> labels(static_cast<size_t>(set.size()));
    loader.next(images, labels);
    std::vector<int> out;
    for (int64_t i = 0; i < set.size(); ++i) {
      out.push_back(static_cast<int>(images[static_cast<size_t>(i * set.image_bytes())] + 0.5F));
    }
    return out;
  }

  fs::path directory_;
};

TEST_F(ImageFolderTest, TakesClassesByNameAndSamplesInTurn) {
  const Data data = load_data(spec());
  EXPECT_EQ(data.train.classes, 3);
  EXPECT_EQ(data.train.height, 8);
  EXPECT_THAT(data.train.labels, ElementsAre(0, 1, 2, 0, 2, 0));
  EXPECT_THAT(reds(data.train), ElementsAre(0, 100, 200, 10, 201, 20));
  EXPECT_THAT(data.test.labels, ElementsAre(0, 2)) << "numbers of the training classes";
  auto limited = spec();
  limited.train_samples = 3;
  EXPECT_THAT(load_data(limited).train.labels, ElementsAre(0, 1, 2));
}

TEST_F(ImageFolderTest, ReadsEveryFormatThatIsBuiltIn) {
  if (has_png()) write("val/bee/a.png", test::from_hex(test::kPngRgb));
  if (has_jpeg()) write("val/bee/b.JPEG", test::from_hex(test::kJpegRgb));
  if (has_png()) write("val/bee/c.jpg", test::from_hex(test::kPngRgb));  // as one of ImageNet's
  const Data data = load_data(spec());
  EXPECT_EQ(data.test.size(), 2 + 2 * has_png() + has_jpeg());
  EXPECT_NO_THROW(reds(data.test));
}

TEST_F(ImageFolderTest, NamesAFileThatBreaksWhenItIsRead) {
  write("train/cat/0.ppm", test::flat_ppm(12, 10, 1, 2, 3).substr(0, 100));
  const Data data = load_data(spec());
  for (const int prefetch : {0, 3}) {
    BatchLoader loader(data.train, {{0, 0, 0}, {1, 1, 1}},
                       {.batch_size = 6, .prefetch = prefetch, .threads = 2});
    std::vector<float> images(6 * 192);
    std::vector<int64_t> labels(6);
    try {
      loader.next(images, labels);
      ADD_FAILURE() << "served a broken picture";
    } catch (const core::UserError& error) {
      EXPECT_THAT(error.refusal().given, HasSubstr("train/cat/0.ppm with 87 of 360 values"));
      EXPECT_THAT(error.refusal().hint, HasSubstr("replace or delete"));
    }
  }
}

TEST_F(ImageFolderTest, RefusesFilesThatAreNoPicturesAtOnce) {
  write("val/cat/w.jpg", "GIF89a");
  EXPECT_THAT(refusal().given, HasSubstr("val/cat/w.jpg"));
}

TEST_F(ImageFolderTest, RefusesAnotherLayout) {
  write_flat("val/dog/0.ppm", 1);
  EXPECT_THAT(refusal().given, HasSubstr("'dog'"));
  fs::remove_all(directory_ / "val/dog");
  fs::create_directories(directory_ / "train/eel");
  EXPECT_THAT(refusal().given, HasSubstr("train/eel"));
  fs::remove_all(directory_ / "train/eel");
  fs::remove_all(directory_ / "val");
  EXPECT_THAT(refusal().hint, HasSubstr("val/CLASS"));
  fs::remove_all(directory_ / "train");
  EXPECT_THAT(refusal().allowed, HasSubstr("train"));
  write_flat("train/one/0.ppm", 1);
  EXPECT_THAT(refusal().given, HasSubstr("one class"));
}

TEST_F(ImageFolderTest, GivesTheSameBatchesForAnyThreadsPrefetchAndStart) {
  std::ofstream ramp(directory_ / "train/bee/ramp.ppm", std::ios::binary);
  ramp << "P6 20 16 255\n";
  for (int i = 0; i < 20 * 16 * 3; ++i) ramp << static_cast<char>(i * 7);
  ramp.close();
  const Data data = load_data(spec());
  const auto normalisation = measure_normalisation(data.train);
  const auto stream = [&](int threads, int prefetch, int64_t start) {
    BatchLoader loader(
        data.train, normalisation,
        {.batch_size = 2, .crop = true, .flip = true, .prefetch = prefetch, .threads = threads});
    if (start > 0) loader.start(start / 4, start % 4);
    std::vector<float> all;
    for (int64_t b = start; b < 8; ++b) {
      std::vector<float> images(2 * 192);
      std::vector<int64_t> labels(2);
      loader.next(images, labels);
      all.insert(all.end(), images.begin(), images.end());
    }
    return all;
  };
  const auto expected = stream(1, 0, 0);
  EXPECT_EQ(stream(3, 5, 0), expected);
  const auto tail = stream(2, 2, 5);
  EXPECT_TRUE(std::equal(tail.begin(), tail.end(), expected.begin() + 5 * 2 * 192));
  const std::vector<float> first(expected.begin(), expected.begin() + 4 * 2 * 192);
  const std::vector<float> second(expected.begin() + 4 * 2 * 192, expected.end());
  EXPECT_NE(first, second) << "epochs differ";
}

TEST_F(ImageFolderTest, HashesNamesSizesAndHowPicturesAreRead) {
  const uint64_t hash = content_hash(load_data(spec()));
  EXPECT_EQ(content_hash(load_data(spec())), hash);
  auto other = spec();
  other.least_area = 0.5;
  EXPECT_NE(content_hash(load_data(other)), hash);
  fs::rename(directory_ / "val/ant/v.ppm", directory_ / "val/ant/w.ppm");
  EXPECT_NE(content_hash(load_data(spec())), hash);
}

TEST_F(ImageFolderTest, MeasuresWhatItServes) {
  const auto measured = measure_normalisation(load_data(spec()).train);
  EXPECT_NEAR(measured.mean[0], (0 + 10 + 20 + 100 + 200 + 201) / 6.0 / 255.0, 1e-6);
  EXPECT_NEAR(measured.mean[1], 50 / 255.0, 1e-6);
}

}  // namespace
}  // namespace ranvier::train
