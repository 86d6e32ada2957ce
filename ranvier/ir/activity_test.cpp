#include "ranvier/ir/activity.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/hdf5/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "tests/support/fresh_directory.hpp"

namespace ranvier::ir {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Dims = std::vector<int64_t>;

template <class T>
std::vector<T> random_values(core::Rng& rng, int64_t count, int64_t low, int64_t high) {
  std::vector<T> values(static_cast<size_t>(count));
  for (T& value : values) {
    value = static_cast<T>(low +
                           static_cast<int64_t>(rng.below(static_cast<uint64_t>(high - low + 1))));
  }
  return values;
}

BoundaryActivity random_boundary(core::Rng& rng, int samples, int steps, int elements, int most) {
  return {.elements = elements,
          .steps = steps,
          .current = random_values<int16_t>(rng, samples * elements, -32768, 32767),
          .symbols = random_values<int16_t>(rng, samples * steps * elements, -most, most),
          .value = random_values<int32_t>(rng, samples * elements, -2147483648LL, 2147483647)};
}

Activity recording(int samples = 3) {
  core::Rng rng(4);
  Activity activity;
  activity.variant = "hnn-graded";
  activity.samples = samples;
  activity.labels = random_values<int32_t>(rng, samples, 0, 9);
  activity.predictions = random_values<int32_t>(rng, samples, 0, 9);
  activity.boundaries["cut1"] = random_boundary(rng, samples, 1, 50, 8);
  activity.boundaries["cut2"] = random_boundary(rng, samples, 4, 20, 30000);
  return activity;
}

Activity spiking_recording() {
  core::Rng rng(5);
  Activity activity = recording();
  activity.variant = "snn";
  activity.steps = 4;
  activity.boundaries.erase("cut1");
  activity.boundaries["cut2"].current.clear();
  activity.boundaries["cut2"].value.clear();
  activity.layer_spikes["conv1"] = random_values<uint8_t>(rng, 3 * 4 * 20, 0, 1);
  activity.layer_spikes["conv2"] = random_values<uint8_t>(rng, 3 * 4 * 7, 0, 1);
  return activity;
}

bool equal(const BoundaryActivity& a, const BoundaryActivity& b) {
  return a.elements == b.elements && a.steps == b.steps && a.current == b.current &&
         a.symbols == b.symbols && a.value == b.value;
}

bool equal(const Activity& a, const Activity& b) {
  if (a.boundaries.size() != b.boundaries.size()) return false;
  for (const auto& [name, boundary] : a.boundaries) {
    if (!b.boundaries.contains(name) || !equal(boundary, b.boundaries.at(name))) return false;
  }
  return a.variant == b.variant && a.samples == b.samples && a.steps == b.steps &&
         a.labels == b.labels && a.predictions == b.predictions && a.layer_spikes == b.layer_spikes;
}

class ActivityTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = ::ranvier::testing::fresh_directory();
    path_ = directory_ / "activity.h5";
  }
  void TearDown() override { fs::remove_all(directory_); }

  core::Refusal refusal() const {
    try {
      read_activity(path_);
    } catch (const core::UserError& error) {
      return error.refusal();
    }
    ADD_FAILURE() << "read_activity accepted it";
    return {};
  }

  void spill(const std::string& content) const {
    std::ofstream(path_, std::ios::binary) << content;
  }

  /// A file of three samples up to its boundaries; `more` goes on from there.
  template <class More>
  void write_by_hand(More more) const {
    hdf5::Writer file(path_);
    file.attribute("schema", 1);
    file.attribute("variant", std::string("v"));
    file.attribute("samples", 3);
    const std::vector<int32_t> classes{1, 2, 3};
    file.dataset<int32_t>("/labels", Dims{3}, classes);
    file.dataset<int32_t>("/predictions", Dims{3}, classes);
    file.group("/boundaries");
    more(file);
    file.close();
  }

  fs::path directory_;
  fs::path path_;
};

TEST_F(ActivityTest, ReadsWhatItWrote) {
  write_activity(recording(), path_);
  EXPECT_TRUE(equal(read_activity(path_), recording()));
}

TEST_F(ActivityTest, ReadsTheSpikesOfAnSnn) {
  write_activity(spiking_recording(), path_);
  EXPECT_TRUE(equal(read_activity(path_), spiking_recording()));
}

TEST_F(ActivityTest, EqualActivityGivesEqualBytes) {
  write_activity(recording(), path_);
  write_activity(recording(), directory_ / "again.h5");
  EXPECT_EQ(core::read_file(path_, "a"), core::read_file(directory_ / "again.h5", "a"));
}

TEST_F(ActivityTest, BytesDoNotDependOnTheSecondOfWriting) {
  write_activity(recording(), path_);
  const std::string before = core::read_file(path_, "test");
  std::this_thread::sleep_for(std::chrono::milliseconds(1050));
  write_activity(recording(), path_);
  EXPECT_EQ(core::read_file(path_, "test"), before);
}

TEST_F(ActivityTest, SmallSymbolsTakeOneByteAndSparseOnesFarLess) {
  Activity activity = recording(64);
  core::Rng rng(1);
  activity.boundaries.clear();
  activity.boundaries["cut"] = random_boundary(rng, 64, 1, 4096, 3);
  auto& boundary = activity.boundaries["cut"];
  for (size_t i = 0; i < boundary.symbols.size(); ++i) {
    boundary.current[i] = 0;
    boundary.value[i] = 0;
    if (i % 10 != 0) boundary.symbols[i] = 0;
  }
  write_activity(activity, path_);
  EXPECT_LT(fs::file_size(path_), 64U * 4096 / 4);
  EXPECT_TRUE(equal(read_activity(path_), activity));
}

TEST_F(ActivityTest, RoundTripsAnyShapeAndRange) {
  const std::vector<int> extremes{1, 127, 128, 129, 32767};
  for (uint64_t seed = 0; seed < 25; ++seed) {
    core::Rng rng(seed);
    const auto pick = [&](int low, int high) {
      return low + static_cast<int>(rng.below(static_cast<uint64_t>(high - low + 1)));
    };
    Activity activity = recording(pick(1, 8));
    activity.variant.assign(static_cast<size_t>(pick(0, 20)), static_cast<char>(pick(' ', '~')));
    for (const char* name : {"a b", "\xC3\xA9", "c.d"}) {
      activity.boundaries[name] =
          random_boundary(rng, activity.samples, pick(1, 5), pick(1, 300), extremes[rng.below(5)]);
    }
    write_activity(activity, path_);
    ASSERT_TRUE(equal(read_activity(path_), activity)) << "seed " << seed;
  }
}

TEST_F(ActivityTest, RefusesAMissingFile) {
  const auto r = refusal();
  EXPECT_EQ(r.key, "activity");
  EXPECT_THAT(r.hint, HasSubstr("No such file"));
}

TEST_F(ActivityTest, RefusesAFileThatIsNotHdf5) {
  spill("hello");
  EXPECT_THAT(refusal().given, HasSubstr("cannot open"));
  EXPECT_EQ(refusal().place, path_.string());
}

TEST_F(ActivityTest, RefusesATruncatedFileAtAnyLengthInSilence) {
  write_activity(recording(), path_);
  const std::string whole = core::read_file(path_, "a");
  ::testing::internal::CaptureStderr();
  for (size_t length = 0; length < whole.size(); length += 97) {
    spill(whole.substr(0, length));
    EXPECT_THROW(read_activity(path_), core::UserError) << length;
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(ActivityTest, ADamagedByteIsFoundOrDoesNotMatter) {
  write_activity(recording(), path_);
  const std::string whole = core::read_file(path_, "a");
  int found = 0;
  for (size_t at = 0; at < whole.size(); at += 31) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
    spill(damaged);
    try {
      EXPECT_TRUE(equal(read_activity(path_), recording())) << "byte " << at << " went unnoticed";
    } catch (const core::UserError&) {
      ++found;
    }
  }
  EXPECT_GT(found, 20);
  EXPECT_EXIT(std::exit(0), ::testing::ExitedWithCode(0), "^$") << "the library printed at exit";
}

TEST_F(ActivityTest, RefusesAnotherSchema) {
  hdf5::Writer file(path_);
  file.attribute("schema", 2);
  file.close();
  EXPECT_EQ(refusal().key, "activity@schema");
  EXPECT_EQ(refusal().given, "2");
}

TEST_F(ActivityTest, RefusesMissingAttributes) {
  hdf5::Writer(path_).close();
  EXPECT_EQ(refusal().key, "activity@schema");
  {
    hdf5::Writer file(path_);
    file.attribute("schema", std::string("1"));
    file.close();
  }
  EXPECT_EQ(refusal().given, "another type");
}

TEST_F(ActivityTest, RefusesAMissingDataset) {
  write_by_hand([](hdf5::Writer& file) { file.group("/boundaries/cut"); });
  EXPECT_EQ(refusal().key, "activity/boundaries/cut/symbols");
  EXPECT_THAT(refusal().hint, HasSubstr("missing"));
}

TEST_F(ActivityTest, RefusesUnknownNames) {
  write_by_hand([](hdf5::Writer& file) { file.group("/boundary"); });
  EXPECT_EQ(refusal().key, "activity/boundary");
  write_by_hand([](hdf5::Writer& file) {
    file.group("/boundaries/cut");
    file.dataset<int8_t>("/boundaries/cut/symbol", Dims{3}, std::vector<int8_t>{1, 2, 3});
  });
  EXPECT_EQ(refusal().key, "activity/boundaries/cut/symbol");
  EXPECT_THAT(refusal().allowed, HasSubstr("symbols"));
}

TEST_F(ActivityTest, RefusesShapesThatDisagree) {
  const std::vector<int8_t> symbols(12);
  const std::vector<int32_t> values(12);
  const std::vector<int16_t> currents(12);
  write_by_hand([&](hdf5::Writer& file) {
    file.group("/boundaries/cut");
    file.dataset<int8_t>("/boundaries/cut/symbols", Dims{4, 1, 3}, symbols);
  });
  EXPECT_EQ(refusal().given, "dimensions [4, 1, 3]");
  EXPECT_EQ(refusal().allowed, "[3, any, any]");
  write_by_hand([&](hdf5::Writer& file) {
    file.group("/boundaries/cut");
    file.dataset<int8_t>("/boundaries/cut/symbols", Dims{3, 2, 2}, symbols);
    file.dataset<int32_t>("/boundaries/cut/value", Dims{3, 4}, values);
  });
  EXPECT_EQ(refusal().key, "activity/boundaries/cut/value");
  EXPECT_EQ(refusal().allowed, "[3, 2]");
  write_by_hand([&](hdf5::Writer& file) {
    file.group("/boundaries/cut");
    file.dataset<int8_t>("/boundaries/cut/symbols", Dims{3, 1, 4}, symbols);
    file.dataset<int16_t>("/boundaries/cut/current", Dims{3, 2, 2}, currents);
  });
  EXPECT_EQ(refusal().key, "activity/boundaries/cut/current");
}

TEST_F(ActivityTest, RefusesTypesThatWouldBeClipped) {
  write_by_hand([&](hdf5::Writer& file) {
    file.group("/boundaries/cut");
    file.dataset<int32_t>("/boundaries/cut/symbols", Dims{3, 1, 1},
                          std::vector<int32_t>{1, 2, 70000});
  });
  EXPECT_EQ(refusal().key, "activity/boundaries/cut/symbols");
  EXPECT_THAT(refusal().allowed, HasSubstr("2 bytes"));
}

TEST_F(ActivityTest, RefusesSpikesAboveOne) {
  write_by_hand([](hdf5::Writer& file) {
    file.group("/layers");
    file.group("/layers/conv1");
    file.dataset<uint8_t>("/layers/conv1/spikes", Dims{3, 1, 1}, std::vector<uint8_t>{0, 1, 2});
  });
  EXPECT_EQ(refusal().key, "activity/layers/conv1/spikes");
}

TEST_F(ActivityTest, RefusesLayersOfUnequalSteps) {
  write_by_hand([](hdf5::Writer& file) {
    file.group("/layers");
    const std::vector<uint8_t> spikes(12);
    file.group("/layers/conv1");
    file.dataset<uint8_t>("/layers/conv1/spikes", Dims{3, 2, 2}, spikes);
    file.group("/layers/conv2");
    file.dataset<uint8_t>("/layers/conv2/spikes", Dims{3, 4, 1}, spikes);
  });
  EXPECT_EQ(refusal().key, "activity/layers/conv2/spikes");
  EXPECT_EQ(refusal().allowed, "[3, 2, any]");
}

TEST_F(ActivityTest, AFailedWriteLeavesTheOldFile) {
  write_activity(recording(), path_);
  Activity broken = recording();
  broken.boundaries["cut2"].value.pop_back();
  EXPECT_THROW(write_activity(broken, path_), core::ContractViolation);
  EXPECT_TRUE(equal(read_activity(path_), recording()));
  EXPECT_FALSE(fs::exists(directory_ / "activity.h5.part"));
}

TEST_F(ActivityTest, AMissingDirectoryIsARunError) {
  EXPECT_THROW(write_activity(recording(), directory_ / "none" / "activity.h5"), core::RunError);
}

}  // namespace
}  // namespace ranvier::ir
