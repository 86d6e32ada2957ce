#include "ranvier/train/kernels/grid.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ranvier::train {
namespace {

LearnedChannels uniform_channels(double step, double threshold, double scale) {
  return {{step, step}, {threshold, threshold}, {scale, scale}, {1.0, 1.0}};
}

TEST(Grid, IsAcceptedByEveryCodecAndKeepsTwelveBits) {
  for (const char* text : {"dense(1)", "dense(8)", "dense(16)", "dense(8,signed)", "graded(0)",
                           "graded(8)", "graded(2,signed)", "rate(1)", "rate(64)"}) {
    const codec::CodecSpec spec = codec::parse_codec(text, "codec");
    for (const double range : {0.01, 1.0, 50.0}) {
      const double step = range / top_level(spec);
      LearnedChannels learned = uniform_channels(step, range, step);
      learned.scale[1] = step / 4.0;
      const Grid grid = project(spec, learned);
      EXPECT_NO_THROW(codec::make_codec(grid.params)) << text << range;
      for (const codec::ChannelParams& channel : grid.params.channels) {
        EXPECT_GE(channel.decode_multiplier, 1 << 11) << text << range;
      }
      EXPECT_NEAR(static_cast<double>(grid.scales[0].scale), step, step * std::ldexp(1.0, -12));
    }
  }
}

TEST(Grid, TheLargestLevelFitsTheCurrent) {
  for (const char* text : {"dense(8)", "dense(16,signed)", "graded(8)", "rate(64)"}) {
    const codec::CodecSpec spec = codec::parse_codec(text, "codec");
    EXPECT_LE(std::ldexp(top_level(spec) + 0.5, current_frac_bits(spec)), 32768.0) << text;
  }
}

TEST(Grid, ThresholdsAreRoundedClampedAndEvenForRates) {
  const Grid graded = project({codec::CodecKind::kGraded, 3, 1, false},
                              {{1.0, 1.0}, {1.503, 1e9}, {1.0, 1.0}, {1.0, 1.0}});
  EXPECT_EQ(graded.params.channels[0].threshold, 385);
  EXPECT_EQ(graded.params.channels[1].threshold, 32767);
  const Grid rate = project({codec::CodecKind::kRate, 4, 4, false},
                            {{1.0, 1.0}, {1.503, 1e-9}, {1.0, 1.0}, {1.0, 0.9}});
  EXPECT_EQ(rate.params.channels[0].threshold, 384);
  EXPECT_EQ(rate.params.channels[1].threshold, 2);
  EXPECT_EQ(rate.params.channels[0].leak_shift, 0);
  EXPECT_EQ(rate.params.channels[1].leak_shift, 3);
}

TEST(Grid, RefusesChannelsOfDifferentNumber) {
  LearnedChannels learned = uniform_channels(1.0, 1.0, 1.0);
  learned.scale.pop_back();
  EXPECT_THROW(project({}, learned), core::ContractViolation);
}

TEST(BestStep, HasLessErrorThanItsNeighbours) {
  core::Rng rng(7);
  std::vector<float> a;
  for (int i = 0; i < 20000; ++i) {
    double sum = -6.0;
    for (int k = 0; k < 12; ++k) sum += rng.uniform();
    a.push_back(static_cast<float>(sum));
  }
  for (const bool is_signed : {false, true}) {
    for (const int top : {1, 4, 16, 255}) {
      const double step = best_step(a, top, is_signed);
      const double error = quantiser_error(a, step, top, is_signed);
      for (const double factor : {0.5, 0.8, 0.9, 1.1, 1.25, 2.0}) {
        EXPECT_LE(error, quantiser_error(a, step * factor, top, is_signed) * 1.01)
            << top << " " << factor;
      }
    }
  }
}

TEST(BestStep, IsZeroWhereNothingFires) {
  const std::vector<float> a{-1.0F, -2.0F, 0.0F};
  EXPECT_EQ(best_step(a, 8, false), 0.0);
  EXPECT_GT(best_step(a, 8, true), 0.0);
}

}  // namespace
}  // namespace ranvier::train
