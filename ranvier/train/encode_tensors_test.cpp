#include "ranvier/train/encode_tensors.hpp"

#include "ranvier/train/boundary_internal.hpp"
#include "ranvier/train/kernels/grid.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ranvier::train {
namespace {

using torch::Tensor;

constexpr int64_t kChannels = 3;

/// A codec whose range ends near 1, on activations [4, 3, 16, 17] that go beyond it.
struct Problem {
  Grid grid;
  Tensor a;
  EncodeArguments arguments;

  Problem(const std::string& codec, Surrogate surrogate, bool channels_last) {
    const codec::CodecSpec spec = codec::parse_codec(codec, "codec");
    LearnedChannels learned;
    const double step = 1.0 / top_level(spec);
    for (int64_t c = 0; c < kChannels; ++c) {
      const double factor = 1.0 + 0.3 * static_cast<double>(c);
      learned.step.push_back(step * factor);
      learned.threshold.push_back(spec.kind == codec::CodecKind::kRate ? factor : 0.27 * factor);
      learned.scale.push_back(step * factor * 1.1);
      learned.beta.push_back(1.0);
    }
    grid = project(spec, learned);
    for (ChannelScales& channel : grid.scales) channel.surrogate = 0.1F;
    torch::manual_seed(7);
    a = torch::randn({4, kChannels, 16, 17});
    if (channels_last) a = a.contiguous(torch::MemoryFormat::ChannelsLast);
    arguments = {layout_of(a), &grid.params, &grid.scales, surrogate, 1};
  }
};

void expect_near(const std::vector<double>& given, const std::vector<double>& expected,
                 const std::string& what) {
  ASSERT_EQ(given.size(), expected.size()) << what;
  for (size_t c = 0; c < given.size(); ++c) {
    EXPECT_NEAR(given[c], expected[c], 1e-4 * (1.0 + std::abs(expected[c]))) << what << " " << c;
  }
}

class EncodeTensors : public ::testing::TestWithParam<std::string> {};

TEST_P(EncodeTensors, GiveWhatTheKernelGives) {
  for (const bool channels_last : {false, true}) {
    const Problem p(GetParam(), Surrogate::kArctan, channels_last);
    Tensor expected = torch::empty_like(p.a);
    const EncodeTotals kernel =
        encode_forward(p.arguments, p.a.data_ptr<float>(), expected.data_ptr<float>());
    Tensor value = torch::empty_like(p.a);
    const EncodeTotals given = encode_forward(p.arguments, p.a, value);
    EXPECT_TRUE(value.equal(expected));
    EXPECT_GT(value.abs().max().item<float>(), 0.0F);
    EXPECT_EQ(given.events, kernel.events);
    EXPECT_EQ(given.saturated, kernel.saturated);
    EXPECT_EQ(given.magnitude, kernel.magnitude);
    expect_near(given.sum, kernel.sum, "sum");
    expect_near(given.square_sum, kernel.square_sum, "square sum");
  }
}

TEST_P(EncodeTensors, DifferentiateAsTheKernelDoes) {
  for (const Surrogate surrogate :
       {Surrogate::kArctan, Surrogate::kFastSigmoid, Surrogate::kTriangle, Surrogate::kSigmoid}) {
    const Problem p(GetParam(), surrogate, surrogate == Surrogate::kTriangle);
    const Tensor grad_value = torch::empty_like(p.a).copy_(torch::randn(p.a.sizes()));
    const std::vector<float> events{0.3F, -0.2F, 0.5F};
    const std::vector<float> magnitudes{-0.4F, 0.1F, 0.2F};
    const EncodeUpstream upstream{grad_value.data_ptr<float>(), events.data(), magnitudes.data()};
    Tensor expected = torch::empty_like(p.a);
    const EncodeGradients kernel =
        encode_backward(p.arguments, p.a.data_ptr<float>(), upstream, expected.data_ptr<float>());
    Tensor grad_a = torch::empty_like(p.a);
    const EncodeGradients given = encode_backward(p.arguments, p.a, grad_value, upstream, grad_a);
    EXPECT_TRUE(torch::allclose(grad_a, expected, 1e-5, 1e-5));
    EXPECT_GT(grad_a.abs().max().item<float>(), 0.0F);
    expect_near(given.log_step, kernel.log_step, "log step");
    expect_near(given.log_threshold, kernel.log_threshold, "log threshold");
    expect_near(given.log_scale, kernel.log_scale, "log scale");
  }
}

INSTANTIATE_TEST_SUITE_P(Codecs, EncodeTensors,
                         ::testing::Values("dense(4)", "dense(8)", "dense(16)", "dense(4,signed)",
                                           "graded(0)", "graded(3)", "graded(8)",
                                           "graded(3,signed)", "rate(1)", "rate(8)", "rate(64)",
                                           "rate(4,signed)"));

}  // namespace
}  // namespace ranvier::train
