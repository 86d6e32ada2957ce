// Do the patterns send where their definitions say?

#include "ranvier/sim/pattern.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sim/packet_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace ranvier::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<int> targets(Pattern pattern, int width, int height) {
  const Targets all(pattern, width, height, {});
  core::Rng rng(1);
  std::vector<int> result;
  for (int tile = 0; tile < width * height; ++tile) result.push_back(all.draw(tile, rng));
  return result;
}

TEST(Pattern, FollowsItsDefinitionOnASmallMesh) {
  EXPECT_THAT(targets(Pattern::kTranspose, 3, 3), ElementsAre(0, 3, 6, 1, 4, 7, 2, 5, 8));
  EXPECT_THAT(targets(Pattern::kBitcomp, 3, 2), ElementsAre(5, 4, 3, 2, 1, 0));
  EXPECT_THAT(targets(Pattern::kNeighbor, 3, 2), ElementsAre(4, 5, 3, 1, 2, 0));
  EXPECT_THAT(targets(Pattern::kTornado, 5, 1), ElementsAre(2, 3, 4, 0, 1));
  EXPECT_THAT(targets(Pattern::kTornado, 4, 2), ElementsAre(1, 2, 3, 0, 5, 6, 7, 4));
}

TEST(Pattern, OnBitsIsThatOfTheBooks) {
  const auto complement = targets(Pattern::kBitcomp, 8, 8);
  const auto shuffle = targets(Pattern::kShuffle, 8, 4);
  for (unsigned i = 0; i < 64; ++i) EXPECT_EQ(complement[i], static_cast<int>(~i & 63U));
  for (unsigned i = 0; i < 32; ++i) {
    EXPECT_EQ(shuffle[i], static_cast<int>(((i << 1) | (i >> 4)) & 31U));
  }
}

TEST(Pattern, UniformReachesEveryTileTheSenderIncluded) {
  const Targets all(Pattern::kUniform, 4, 4, {});
  core::Rng rng(3);
  std::vector<int> hits(16);
  for (int i = 0; i < 16000; ++i) ++hits[static_cast<size_t>(all.draw(5, rng))];
  for (const int count : hits) EXPECT_NEAR(count, 1000, 150);  // 5 standard deviations
}

TEST(Pattern, HotspotSendsItsShare) {
  const Targets all(Pattern::kHotspot, 4, 4, {.tile = 6, .share = 0.5});
  core::Rng rng(3);
  int hot = 0;
  for (int i = 0; i < 10000; ++i) hot += all.draw(0, rng) == 6;
  EXPECT_NEAR(hot, 5000 + 5000 / 16, 250);
}

TEST(Pattern, IsRefusedWhereItDoesNotExist) {
  EXPECT_THROW(Targets(Pattern::kTranspose, 4, 2, {}), core::UserError);
  EXPECT_THROW(Targets(Pattern::kShuffle, 3, 3, {}), core::UserError);
  EXPECT_NO_THROW(Targets(Pattern::kShuffle, 4, 2, {}));
  try {
    parse_pattern("transpos", "--traffic");
    FAIL();
  } catch (const core::UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'transpose'"));
    EXPECT_THAT(error.what(), HasSubstr("--traffic"));
  }
}

TEST(PacketStream, IsABernoulliProcess) {
  const Targets all(Pattern::kUniform, 4, 4, {});
  for (const double p : {0.01, 0.3, 0.9}) {
    PacketStream stream(7, 3, p, all);
    const int64_t cycles = 200000;
    int64_t made = 0;
    int64_t back_to_back = 0;
    for (int64_t last = -2; stream.created() < cycles; stream.advance(all)) {
      ASSERT_GT(stream.created(), last);
      back_to_back += stream.created() == last + 1;
      last = stream.created();
      ++made;
    }
    const double n = static_cast<double>(cycles);
    EXPECT_NEAR(static_cast<double>(made) / n, p, 5 * std::sqrt(p * (1 - p) / n));
    EXPECT_NEAR(static_cast<double>(back_to_back) / n, p * p, 8 * p / std::sqrt(n));
  }
}

TEST(PacketStream, OfOneTileIsNoShiftedCopyOfAnothers) {
  const Targets all(Pattern::kUniform, 8, 8, {});
  constexpr int kDraws = 400;
  std::vector<std::vector<int>> drawn(6);
  for (int tile = 0; tile < 6; ++tile) {
    PacketStream stream(1, tile, 0.3, all);
    for (int i = 0; i < kDraws; ++i, stream.advance(all)) {
      drawn[static_cast<size_t>(tile)].push_back(stream.target());
    }
  }
  for (size_t a = 0; a < 6; ++a) {
    for (size_t b = a + 1; b < 6; ++b) {
      for (int shift = -20; shift <= 20; ++shift) {
        int same = 0;
        for (int i = 20; i < kDraws - 20; ++i) {
          same += drawn[a][static_cast<size_t>(i)] == drawn[b][static_cast<size_t>(i + shift)];
        }
        ASSERT_LT(same, kDraws / 8) << a << " " << b << " " << shift;  // 1/64 of them by chance
      }
    }
  }
}

TEST(PacketStream, OfProbabilityOneMakesAPacketInEveryCycle) {
  const Targets all(Pattern::kUniform, 4, 4, {});
  PacketStream stream(7, 3, 1.0, all);
  for (int64_t cycle = 0; cycle < 100; ++cycle, stream.advance(all)) {
    ASSERT_EQ(stream.created(), cycle);
  }
}

}  // namespace
}  // namespace ranvier::sim
