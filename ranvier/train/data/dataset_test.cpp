#include "ranvier/train/data/dataset.hpp"

#include "ranvier/core/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <string>

#include "tests/support/fresh_directory.hpp"

namespace ranvier::train {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class DatasetTest : public ::testing::Test {
 protected:
  void SetUp() override { directory_ = ::ranvier::testing::fresh_directory(); }
  void TearDown() override { fs::remove_all(directory_); }

  void write(const std::string& name, const std::string& content) const {
    fs::create_directories((directory_ / name).parent_path());
    std::ofstream(directory_ / name, std::ios::binary) << content;
  }

  DataSpec spec(DataKind kind) const {
    DataSpec result;
    result.kind = kind;
    result.path = directory_;
    return result;
  }

  static core::Refusal refusal(const DataSpec& spec) {
    try {
      load_data(spec);
    } catch (const core::UserError& error) {
      return error.refusal();
    }
    ADD_FAILURE() << "load_data accepted it";
    return {};
  }

  fs::path directory_;
};

/// `count` records: `labels` bytes (the last is the record's number modulo `classes`), then pixels
/// number + plane.
std::string records(int count, int labels, int classes) {
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    for (int l = 1; l < labels; ++l) bytes += '\x13';
    bytes += static_cast<char>(i % classes);
    for (int plane = 0; plane < 3; ++plane)
      bytes += std::string(1024, static_cast<char>(i + plane));
  }
  return bytes;
}

std::string big_endian(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

std::string idx_images(uint32_t count, uint32_t height, uint32_t width) {
  std::string bytes =
      big_endian(0x803) + big_endian(count) + big_endian(height) + big_endian(width);
  for (uint32_t i = 0; i < count * height * width; ++i) bytes += static_cast<char>(i);
  return bytes;
}

std::string idx_labels(const std::string& labels) {
  return big_endian(0x801) + big_endian(static_cast<uint32_t>(labels.size())) + labels;
}

class Cifar10Test : public DatasetTest {
 protected:
  void SetUp() override {
    DatasetTest::SetUp();
    for (int i = 1; i <= 5; ++i)
      write("data_batch_" + std::to_string(i) + ".bin", records(4, 1, 10));
    write("test_batch.bin", records(3, 1, 10));
  }
};

TEST_F(Cifar10Test, ReadsEveryBatchInOrder) {
  const Data data = load_data(spec(DataKind::kCifar10));
  EXPECT_EQ(data.train.size(), 20);
  EXPECT_EQ(data.test.size(), 3);
  EXPECT_EQ(data.train.classes, 10);
  EXPECT_EQ(data.train.image_bytes(), 3072);
  EXPECT_EQ(data.train.labels[6], 2);
  EXPECT_EQ(data.train.image(6)[0], 2);
  EXPECT_EQ(data.train.image(6)[3071], 4);
}

TEST_F(Cifar10Test, LimitsTakeTheFirstSamplesAcrossFiles) {
  DataSpec limited = spec(DataKind::kCifar10);
  limited.train_samples = 6;
  limited.test_samples = 1;
  const Data data = load_data(limited);
  EXPECT_EQ(data.train.labels, (std::vector<int32_t>{0, 1, 2, 3, 0, 1}));
  EXPECT_EQ(data.test.size(), 1);
}

TEST_F(Cifar10Test, FindsTheFolderOfThePublishedArchive) {
  fs::create_directories(directory_ / "up" / "cifar-10-batches-bin");
  for (const auto& entry : fs::directory_iterator(directory_)) {
    if (!entry.is_regular_file()) continue;
    fs::rename(entry.path(), directory_ / "up" / "cifar-10-batches-bin" / entry.path().filename());
  }
  DataSpec above = spec(DataKind::kCifar10);
  above.path /= "up";
  EXPECT_EQ(load_data(above).train.size(), 20);
}

TEST_F(Cifar10Test, RefusesAMissingFileAndSaysHowToGetIt) {
  fs::remove(directory_ / "data_batch_4.bin");
  DataSpec missing = spec(DataKind::kCifar10);
  missing.place = "exp.yaml:7";
  const auto r = refusal(missing);
  EXPECT_EQ(r.key, "data.path");
  EXPECT_EQ(r.place, "exp.yaml:7");
  EXPECT_THAT(r.allowed, HasSubstr("data_batch_4.bin"));
  EXPECT_THAT(r.hint, HasSubstr("cifar-10-binary.tar.gz"));
}

TEST_F(Cifar10Test, RefusesAMissingDirectory) {
  DataSpec nowhere = spec(DataKind::kCifar10);
  nowhere.path /= "nowhere";
  EXPECT_THAT(refusal(nowhere).hint, HasSubstr("No such directory"));
}

TEST_F(Cifar10Test, RefusesATruncatedFile) {
  write("data_batch_2.bin", records(4, 1, 10).substr(0, 9000));
  const auto r = refusal(spec(DataKind::kCifar10));
  EXPECT_THAT(r.given, HasSubstr("9000 bytes"));
  EXPECT_THAT(r.allowed, HasSubstr("3073"));
}

TEST_F(Cifar10Test, RefusesAnEmptyFile) {
  write("test_batch.bin", "");
  EXPECT_THAT(refusal(spec(DataKind::kCifar10)).given, HasSubstr("0 bytes"));
}

TEST_F(Cifar10Test, RefusesALabelOutOfRange) {
  std::string bytes = records(3, 1, 10);
  bytes[3073] = 10;
  write("test_batch.bin", bytes);
  EXPECT_THAT(refusal(spec(DataKind::kCifar10)).given, HasSubstr("label 10 in record 1"));
}

TEST_F(Cifar10Test, RefusesLimitsBeyondTheData) {
  for (const int64_t limit : {int64_t{-1}, int64_t{0}, int64_t{21}}) {
    DataSpec beyond = spec(DataKind::kCifar10);
    beyond.train_samples = limit;
    const auto r = refusal(beyond);
    EXPECT_EQ(r.key, "data.train_samples");
    EXPECT_EQ(r.allowed, "1..20");
  }
}

class Cifar100Test : public DatasetTest {
 protected:
  void SetUp() override {
    DatasetTest::SetUp();
    write("train.bin", records(5, 2, 100));
    write("test.bin", records(2, 2, 100));
  }
};

TEST_F(Cifar100Test, TakesTheFineLabel) {
  const Data data = load_data(spec(DataKind::kCifar100));
  EXPECT_EQ(data.train.labels, (std::vector<int32_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(data.train.image(3)[1024], 4);
  EXPECT_EQ(data.test.classes, 100);
}

TEST_F(Cifar100Test, RefusesCifar10Records) {
  write("train.bin", records(5, 1, 10));
  EXPECT_THAT(refusal(spec(DataKind::kCifar100)).allowed, HasSubstr("3074"));
}

TEST_F(Cifar100Test, RefusesAFineLabelOutOfRange) {
  std::string bytes = records(2, 2, 100);
  bytes[1] = 100;
  write("test.bin", bytes);
  EXPECT_THAT(refusal(spec(DataKind::kCifar100)).given, HasSubstr("label 100"));
}

class IdxTest : public DatasetTest {
 protected:
  void SetUp() override {
    DatasetTest::SetUp();
    write("train-images-idx3-ubyte", idx_images(4, 5, 3));
    write("train-labels-idx1-ubyte", idx_labels({0, 2, 1, 6}));
    write("t10k-images-idx3-ubyte", idx_images(2, 5, 3));
    write("t10k-labels-idx1-ubyte", idx_labels({5, 0}));
  }
};

TEST_F(IdxTest, ReadsImagesAndLabels) {
  const Data data = load_data(spec(DataKind::kIdx));
  EXPECT_EQ(data.train.channels, 1);
  EXPECT_EQ(data.train.height, 5);
  EXPECT_EQ(data.train.width, 3);
  EXPECT_EQ(data.train.classes, 7);
  EXPECT_EQ(data.test.labels, (std::vector<int32_t>{5, 0}));
  EXPECT_EQ(data.train.image(1)[2], 17);
}

TEST_F(IdxTest, ALimitDoesNotChangeTheClasses) {
  DataSpec limited = spec(DataKind::kIdx);
  limited.train_samples = 1;
  const Data data = load_data(limited);
  EXPECT_EQ(data.train.size(), 1);
  EXPECT_EQ(data.train.classes, 7);
}

TEST_F(IdxTest, AcceptsTheDottedNames) {
  fs::rename(directory_ / "train-images-idx3-ubyte", directory_ / "train-images.idx3-ubyte");
  EXPECT_EQ(load_data(spec(DataKind::kIdx)).train.size(), 4);
}

TEST_F(IdxTest, PointsAtACompressedFile) {
  fs::rename(directory_ / "t10k-labels-idx1-ubyte", directory_ / "t10k-labels-idx1-ubyte.gz");
  EXPECT_THAT(refusal(spec(DataKind::kIdx)).hint, HasSubstr("gunzip"));
}

struct BadIdx {
  const char* name;
  const char* file;
  std::string content;
  const char* given;
};

class BadIdxTest : public IdxTest, public ::testing::WithParamInterface<BadIdx> {};

TEST_P(BadIdxTest, IsRefused) {
  write(GetParam().file, GetParam().content);
  const auto r = refusal(spec(DataKind::kIdx));
  EXPECT_EQ(r.key, "data.path");
  EXPECT_THAT(r.given, HasSubstr(GetParam().file));
  EXPECT_THAT(r.given, HasSubstr(GetParam().given));
  EXPECT_FALSE(r.allowed.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Idx, BadIdxTest,
    ::testing::Values(
        BadIdx{"Swapped", "train-images-idx3-ubyte", idx_labels(std::string(40, '\1')),
               "0x00000801"},
        BadIdx{"Gzip", "train-labels-idx1-ubyte", "\x1f\x8b\x08\x08 packed", "0x1f8b0808"},
        BadIdx{"ShortHeader", "t10k-images-idx3-ubyte", idx_images(2, 5, 3).substr(0, 15),
               "15 bytes"},
        BadIdx{"Empty", "t10k-labels-idx1-ubyte", "", "0 bytes"},
        BadIdx{"Truncated", "t10k-images-idx3-ubyte", idx_images(2, 5, 3).substr(0, 40),
               "40 bytes"},
        BadIdx{"Trailing", "t10k-images-idx3-ubyte", idx_images(2, 5, 3) + "x", "47 bytes"},
        BadIdx{"NoImages", "train-images-idx3-ubyte", idx_images(0, 5, 3), "dimension 0 of 0"},
        BadIdx{"HugeImages", "train-images-idx3-ubyte",
               big_endian(0x803) + big_endian(1) + big_endian(0xFFFFFFFF) + big_endian(1),
               "4294967295"},
        BadIdx{"FewLabels", "train-labels-idx1-ubyte", idx_labels({1, 2, 3}), "3 labels"},
        BadIdx{"OtherSize", "t10k-images-idx3-ubyte", idx_images(2, 3, 5), "3 x 5 images"},
        BadIdx{"UnseenLabel", "t10k-labels-idx1-ubyte", idx_labels({5, 7}), "label 7"}),
    [](const auto& test) { return test.param.name; });

TEST(DataKindTest, RoundTripsThroughItsName) {
  for (const auto kind :
       {DataKind::kProcedural, DataKind::kCifar10, DataKind::kCifar100, DataKind::kIdx}) {
    EXPECT_EQ(parse_data_kind(to_string(kind), "data.kind"), kind);
  }
}

TEST(DataKindTest, RefusesAnUnknownNameWithTheNearest) {
  try {
    parse_data_kind("cifar-100", "data.kind");
    FAIL() << "accepted";
  } catch (const core::UserError& error) {
    EXPECT_EQ(error.refusal().key, "data.kind");
    EXPECT_THAT(error.refusal().hint, HasSubstr("cifar100"));
  }
}

}  // namespace
}  // namespace ranvier::train
