#include "ranvier/train/launch.hpp"

#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>

#include <map>

namespace ranvier::train {
namespace {

using Environment = std::map<std::string, std::string>;

Launch launch_in(const Environment& environment) {
  return read_launch([&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

template <class Call>
core::Refusal refusal_from(const Call& call) {
  try {
    call();
  } catch (const core::UserError& error) {
    return error.refusal();
  }
  return {.key = "accepted", .given = {}, .allowed = {}, .place = {}, .hint = {}};
}

TEST(Launch, IsOneProcessUnlessSomebodySaysOtherwise) {
  EXPECT_EQ(launch_in({}).size, 1);
  EXPECT_EQ(launch_in({{"MASTER_PORT", "not read"}}).size, 1);
  EXPECT_EQ(launch_in({{"WORLD_SIZE", "1"}, {"RANK", "0"}}).size, 1);
}

TEST(Launch, ReadsWhatTorchrunSets) {
  const Launch launch = launch_in(
      {{"WORLD_SIZE", "4"}, {"RANK", "3"}, {"MASTER_ADDR", "10.0.0.7"}, {"MASTER_PORT", "1234"}});
  EXPECT_EQ(launch.size, 4);
  EXPECT_EQ(launch.rank, 3);
  EXPECT_FALSE(launch.is_first());
  EXPECT_EQ(launch.address, "10.0.0.7");
  EXPECT_EQ(launch.port, 1234);
}

TEST(Launch, TakesTorchrunsDefaultsForWhatIsNotSet) {
  const Launch launch = launch_in({{"WORLD_SIZE", "2"}, {"RANK", "0"}});
  EXPECT_TRUE(launch.is_first());
  EXPECT_EQ(launch.address, "127.0.0.1");
  EXPECT_EQ(launch.port, 29500);
}

TEST(Launch, GivesEachProcessOfAMachineAGpuOfItsOwn) {
  // Two machines of two GPUs, whose launcher says who is where ...
  const auto launched = [](const char* rank, const char* local) {
    return launch_in({{"WORLD_SIZE", "4"}, {"RANK", rank}, {"LOCAL_RANK", local}});
  };
  EXPECT_EQ(launched("2", "0").gpu_of(2), 0);
  EXPECT_EQ(launched("1", "1").gpu_of(2), 1);
  // ... one that does not ...
  const Launch last = launch_in({{"WORLD_SIZE", "4"}, {"RANK", "3"}});
  EXPECT_EQ(last.local_rank, std::nullopt);
  EXPECT_EQ(last.gpu_of(4), 3);
  EXPECT_EQ(last.gpu_of(2), 1);
  // ... and a process alone, which takes the first.
  EXPECT_EQ(Launch{}.gpu_of(8), 0);
}

TEST(Launch, RefusesWhatMakesNoSense) {
  const auto key_of = [](const Environment& environment) {
    return refusal_from([&] { launch_in(environment); }).key;
  };
  EXPECT_EQ(key_of({{"WORLD_SIZE", "two"}, {"RANK", "0"}}), "WORLD_SIZE");
  EXPECT_EQ(key_of({{"WORLD_SIZE", "0"}, {"RANK", "0"}}), "WORLD_SIZE");
  EXPECT_EQ(key_of({{"WORLD_SIZE", ""}, {"RANK", "0"}}), "WORLD_SIZE");
  EXPECT_EQ(key_of({{"RANK", "1"}}), "WORLD_SIZE");
  EXPECT_EQ(key_of({{"WORLD_SIZE", "2"}}), "RANK");
  EXPECT_EQ(key_of({{"WORLD_SIZE", "2"}, {"RANK", "2"}}), "RANK");
  EXPECT_EQ(key_of({{"WORLD_SIZE", "2"}, {"RANK", "1x"}}), "RANK");
  EXPECT_EQ(key_of({{"WORLD_SIZE", "2"}, {"RANK", "1"}, {"LOCAL_RANK", "2"}}), "LOCAL_RANK");
  EXPECT_EQ(key_of({{"WORLD_SIZE", "2"}, {"RANK", "1"}, {"MASTER_PORT", "0"}}), "MASTER_PORT");
}

TEST(Launch, RefusesABatchThatCannotBeShared) {
  const Launch three{.rank = 0, .size = 3};
  EXPECT_NO_THROW(require_even_shares(three, 30, "train.batch"));
  const core::Refusal refusal =
      refusal_from([&] { require_even_shares(three, 32, "train.batch"); });
  EXPECT_EQ(refusal.key, "train.batch");
  EXPECT_EQ(refusal.given, "32");
  EXPECT_EQ(refusal.allowed, "a multiple of 3");
}

}  // namespace
}  // namespace ranvier::train
