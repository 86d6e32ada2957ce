#include "ranvier/train/data/text.hpp"

#include "ranvier/core/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <numeric>
#include <string>

namespace ranvier::train {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class TextTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() / (std::string("ranvier_text_") + info->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path file(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }

  static DataSpec spec(const fs::path& path, int context = 8) {
    DataSpec s;
    s.kind = DataKind::kText;
    s.path = path;
    s.place = "file.yaml:3";
    s.context = context;
    return s;
  }

  static std::string refusal(const DataSpec& spec) {
    try {
      load_data(spec);
    } catch (const core::UserError& error) {
      return error.what();
    }
    return "accepted";
  }

  fs::path folder_;
};

std::vector<uint8_t> counting(size_t size) {
  std::vector<uint8_t> bytes(size);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  return bytes;
}

struct TakenWindow {
  BatchPosition position;
  std::vector<int64_t> bytes, following;
  bool operator==(const TakenWindow&) const = default;
};

TakenWindow take(WindowLoader& loader, int64_t values) {
  TakenWindow t;
  t.bytes.resize(static_cast<size_t>(values));
  t.following.resize(static_cast<size_t>(values));
  t.position = loader.next(t.bytes, t.following);
  return t;
}

TEST_F(TextTest, ReadsBytesAsTheyAreAndSplitsTheEndOff) {
  std::string all;
  for (int i = 0; i < 300; ++i) all += static_cast<char>(i);
  auto s = spec(file("a.bin", all));
  s.test_fraction = 0.25;
  const Data data = load_data(s);
  ASSERT_TRUE(data.is_text());
  EXPECT_EQ(data.text.train.size(), 225U);
  EXPECT_EQ(data.text.test.size(), 75U);
  EXPECT_EQ(data.text.train[200], 200);
  EXPECT_EQ(data.text.test[0], 225);
  EXPECT_EQ(data.train_samples(), 28);
  EXPECT_EQ(data.test_samples(), 9);
  s.test_path = file("b.bin", std::string(100, 'x'));
  s.train_samples = 5;
  const Data two = load_data(s);
  EXPECT_EQ(two.text.train.size(), 41U);
  EXPECT_EQ(two.text.test.size(), 100U);
  EXPECT_NE(content_hash(data), content_hash(two));
}

TEST_F(TextTest, RefusesMissingEmptyAndShortFiles) {
  EXPECT_THAT(refusal(spec(folder_ / "nothing")), HasSubstr("data.path"));
  EXPECT_THAT(refusal(spec(folder_ / "nothing")), HasSubstr("file.yaml:3"));
  EXPECT_THAT(refusal(spec(folder_)), HasSubstr("a directory"));
  EXPECT_THAT(refusal(spec(file("empty", ""))), HasSubstr("The file is empty"));
  EXPECT_THAT(refusal(spec(file("short", "0123456789"))),
              HasSubstr("at least network.context + 1 = 9"));
  auto s = spec(file("long", std::string(500, 'a')));
  s.test_path = file("short", "abc");
  EXPECT_THAT(refusal(s), HasSubstr("data.test_path"));
  s.test_path.clear();
  s.train_samples = 1000;
  EXPECT_THAT(refusal(s), HasSubstr("data.train_samples"));
}

TEST_F(TextTest, WindowsInOrderCoverTheTextOnce) {
  const auto text = counting(100);
  WindowLoader loader(text, 8, {.batch_size = 5, .random = false});
  EXPECT_EQ(loader.batches_per_epoch(), 3);  // 12 windows
  int64_t expected = 0;
  for (int batch = 0; batch < 3; ++batch) {
    const TakenWindow t = take(loader, 40);
    EXPECT_EQ(t.position.size, batch < 2 ? 5 : 2);
    for (int64_t i = 0; i < t.position.size * 8; ++i, ++expected) {
      EXPECT_EQ(t.bytes[static_cast<size_t>(i)], expected);
      EXPECT_EQ(t.following[static_cast<size_t>(i)], expected + 1);
    }
  }
}

TEST_F(TextTest, RandomWindowsDependOnSeedEpochAndBatchAlone) {
  const auto text = counting(200);
  const WindowOptions options{.batch_size = 4, .random = true, .seed = 3};
  WindowLoader first(text, 8, options);
  std::vector<TakenWindow> straight;
  for (int i = 0; i < 14; ++i) straight.push_back(take(first, 32));  // two epochs of 6, and more
  WindowLoader second(text, 8, options);
  second.start(1, 2);
  for (size_t i = 8; i < straight.size(); ++i) EXPECT_EQ(take(second, 32), straight[i]) << i;
  EXPECT_NE(straight[0].bytes, straight[6].bytes);  // another epoch
  WindowLoader other(text, 8, {.batch_size = 4, .random = true, .seed = 4});
  EXPECT_NE(take(other, 32).bytes, straight[0].bytes);
  std::vector<bool> seen(200);
  for (const TakenWindow& t : straight) {
    for (size_t i = 0; i < t.bytes.size(); ++i) {
      seen[static_cast<size_t>(t.bytes[i])] = true;
      EXPECT_EQ(t.following[i], t.bytes[i] + 1);
    }
  }
  EXPECT_GT(std::count(seen.begin(), seen.end(), true), 170);
}

TEST_F(TextTest, RefusesBatchesLargerThanTheText) {
  const auto text = counting(100);
  EXPECT_THROW(WindowLoader(text, 8, {.batch_size = 13}), core::UserError);
}

DataSpec drawn(uint64_t seed, int64_t windows) {
  DataSpec s;
  s.kind = DataKind::kProceduralText;
  s.context = 100;
  s.seed = seed;
  s.train_samples = windows;
  s.test_samples = 10;
  return s;
}

TEST(Grammar, WritesTheSameTextForASeed) {
  EXPECT_EQ(load_data(drawn(1, 20)).text.train, load_data(drawn(1, 20)).text.train);
  EXPECT_NE(load_data(drawn(1, 20)).text.train, load_data(drawn(2, 20)).text.train);
  const auto data = load_data(drawn(1, 20));
  EXPECT_EQ(data.train_samples(), 20);
  EXPECT_FALSE(std::equal(data.text.test.begin(), data.text.test.end(), data.text.train.begin()));
}

/// Entropy of the sentences as counted, over their mean length: knows nothing of the grammar but
/// that sentences are drawn on their own and end with a line.
TEST(Grammar, HasTheEntropyThatItsSentencesShow) {
  const auto text = load_data(drawn(1, 300000)).text.train;
  std::map<std::string, double> counts;
  std::string line;
  double sentences = 0, bytes = 0;
  for (const uint8_t byte : text) {
    line += static_cast<char>(byte);
    if (byte != '\n') continue;
    counts[line] += 1;
    sentences += 1;
    bytes += static_cast<double>(line.size());
    line.clear();
  }
  double bits = 0;
  for (const auto& [sentence, count] : counts) {
    bits -= count * std::log2(count / sentences);
  }
  // What counting misses of the entropy (Miller 1955), in bits over all sentences.
  const double missed = (static_cast<double>(counts.size()) - 1.0) / (2.0 * std::log(2.0));
  EXPECT_NEAR((bits + missed) / bytes, grammar_bits_per_byte(), 0.002);
  EXPECT_GT(grammar_bits_per_byte(), 0.15);
  EXPECT_LT(grammar_bits_per_byte(), 0.25);
}

}  // namespace
}  // namespace ranvier::train
