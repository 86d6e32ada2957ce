#include "ranvier/core/error.hpp"
#include "ranvier/ir/entropy.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/test_network.hpp"

#include <gtest/gtest.h>

#include <map>

namespace ranvier::map {
namespace {

using codec::CodecKind;
using codec::WireKind;
using testing::kDense8;
using testing::kGraded;
using testing::random_activity;
using testing::two_chip_network;
using testing::two_chip_package;
using workload::MessageKind;
using workload::Task;
using workload::TaskKind;

constexpr int kSpikeSteps = 4;
constexpr codec::CodecSpec kSpikes{CodecKind::kRate, 1, kSpikeSteps, false};

struct Built {
  ir::Network network;
  ir::Activity activity;
  Mapping mapping;
  workload::Workload workload;
};

Built build(ir::Network network, WireKind wire, const arch::PackageSpec& package) {
  Built built;
  built.network = std::move(network);
  built.activity = random_activity(built.network, 2, 0.3, 7);
  built.mapping = map_network(built.network, package);
  built.workload = build_workload(built.network, built.mapping, built.activity, 1, wire, package);
  return built;
}

Built build(ir::NetworkKind kind, codec::CodecSpec spec, WireKind wire = WireKind::kAuto,
            const arch::PackageSpec& package = two_chip_package()) {
  const int steps = kind == ir::NetworkKind::kSnn ? kSpikeSteps : 1;
  return build(two_chip_network(kind, spec, steps), wire, package);
}

/// `stride` times as high and wide as layer `input`.
int add_transposed(ir::Network& network, int input, int channels, int kernel, int stride) {
  const ir::Shape in = network.layers[static_cast<size_t>(input)].out;
  const int index = testing::add_conv(network, input, channels, kernel, 1, 0);
  ir::Layer& layer = network.layers.back();
  layer.op = ir::Op::kConvTranspose2d;
  layer.stride = stride;
  layer.padding = (kernel - stride) / 2;
  layer.out = {channels, in.height * stride, in.width * stride};
  return index;
}

/// image -> conv -> conv of 4 x 4 stride 2 | cut | its transpose -> head; the two in `groups`.
ir::Network block_transform_network(int groups = 1) {
  ir::Network network = two_chip_network(ir::NetworkKind::kHnn, kGraded);
  network.layers.resize(2);
  const int squeeze = testing::add_conv(network, 1, 8, 4, 2, 1);
  const int expand = add_transposed(network, squeeze, 8, 4, 2);
  for (const int index : {squeeze, expand}) {
    ir::Layer& layer = network.layers[static_cast<size_t>(index)];
    layer.groups = groups;
    layer.weights /= groups;
  }
  testing::add_head(network, 3, 10, ir::Op::kPoolLinear);
  ir::validate(network, "test");
  return network;
}

std::vector<Built> all_kinds() {
  std::vector<Built> all;
  for (const int groups : {1, 4}) {
    all.push_back(build(block_transform_network(groups), WireKind::kAuto, two_chip_package()));
  }
  all.push_back(build(ir::NetworkKind::kAnn, kDense8, WireKind::kBurst));
  all.push_back(build(ir::NetworkKind::kHnn, kGraded));
  all.push_back(build(ir::NetworkKind::kSnn, kSpikes));
  return all;
}

TEST(BuildWorkload, IsWellFormedForEveryKindOfNetwork) {
  for (const Built& built : all_kinds()) {
    EXPECT_NO_THROW(workload::check(built.workload, two_chip_package()));
  }
}

TEST(BuildWorkload, MacsAddUpToTheNetworks) {
  for (const Built& built : all_kinds()) {
    int64_t expected = 0;
    for (const ir::Layer& layer : built.network.layers) {
      const bool spiking = built.network.kind == ir::NetworkKind::kSnn && layer.input != 0;
      if (!spiking && layer.op != ir::Op::kInput) expected += ir::macs(built.network, layer);
    }
    int64_t macs = 0;
    for (const Task& task : built.workload.tasks) macs += task.macs;
    EXPECT_EQ(macs, expected);
  }
}

TEST(BuildWorkload, BlocksCoverTheBoundaryOncePerStep) {
  for (const Built& built : all_kinds()) {
    std::map<int, std::vector<int>> covered;
    for (const workload::Block& block : built.workload.blocks) {
      auto& plane = covered[block.step];
      plane.resize(static_cast<size_t>(built.workload.boundaries[0].elements));
      for (const uint32_t element : block.elements) ++plane[element];
    }
    EXPECT_EQ(covered.size(), built.network.kind == ir::NetworkKind::kSnn ? kSpikeSteps : 1u);
    for (const auto& [step, plane] : covered) {
      for (const int times : plane) EXPECT_EQ(times, 1) << "step " << step;
    }
  }
}

TEST(BuildWorkload, BlocksCarryTheRecordedBitsOfTheSample) {
  const Built built = build(ir::NetworkKind::kHnn, kGraded);
  const ir::BoundaryActivity& recorded = built.activity.boundaries.at("cut");
  const auto offset = static_cast<size_t>(recorded.elements);  // sample 1
  for (const workload::Block& block : built.workload.blocks) {
    for (size_t i = 0; i < block.elements.size(); ++i) {
      EXPECT_EQ(block.current[i], recorded.current[offset + block.elements[i]]);
      EXPECT_EQ(block.expected[i], recorded.value[offset + block.elements[i]]);
      EXPECT_EQ(block.channel[i], block.elements[i] / 64);
    }
  }
}

/// Elements a dense message can hold at most and at least, from its flits.
void expect_dense_size(const workload::Message& message, int64_t elements, int bits) {
  const int flit = two_chip_package().packet.flit_bits();
  EXPECT_EQ(message.packets, 1);
  EXPECT_EQ(message.flits_per_packet, 1 + (elements * bits + flit - 1) / flit);
  EXPECT_EQ(message.bits, message.flits() * flit);
}

TEST(BuildWorkload, EveryDenseMessageHoldsExactlyWhatItsConsumerNeeds) {
  const Built built = build(ir::NetworkKind::kHnn, kGraded);
  const auto packet = two_chip_package().packet;
  std::map<core::TileId, Region> regions[5];
  for (size_t l = 0; l < 5; ++l) {
    for (const LayerTile& tile : built.mapping.layers[l]) regions[l][tile.tile] = tile.region;
  }
  int checked = 0;
  for (const workload::Message& message : built.workload.messages) {
    const Task& from = built.workload.tasks[static_cast<size_t>(message.source)];
    const Task& to = built.workload.tasks[static_cast<size_t>(message.target)];
    if (message.kind == MessageKind::kBoundary) continue;
    if (to.kind == TaskKind::kEncode) {
      const auto& block = built.workload.blocks[static_cast<size_t>(to.block)];
      expect_dense_size(message, static_cast<int64_t>(block.elements.size()), packet.current_bits);
      continue;
    }
    const auto& layer = built.network.layers[static_cast<size_t>(to.layer)];
    const auto consumer = regions[to.layer][to.tile];
    Region producer = regions[from.layer][from.tile];
    if (from.kind == TaskKind::kDecode) {
      producer = built.mapping.layers[2][static_cast<size_t>(from.block)].region;
    }
    if (layer.residual) continue;  // two messages per producer, told apart below
    const Need need = need_of(built.network, layer, consumer, Operand::kInput);
    const bool decoded = from.kind == TaskKind::kDecode;
    expect_dense_size(message, need.elements(producer),
                      decoded ? packet.current_bits : packet.payload_bits);
    ++checked;
  }
  EXPECT_GT(checked, 12);
}

TEST(BuildWorkload, ResidualOperandsAreMessagesOfTheirOwn) {
  Built with = build(ir::NetworkKind::kHnn, kGraded);
  ir::Network without = with.network;
  without.layers[2].residual.reset();
  const auto plain = build_workload(without, map_network(without, two_chip_package()),
                                    with.activity, 1, WireKind::kAuto, two_chip_package());
  const auto dense_into = [](const workload::Workload& workload, int layer) {
    int64_t messages = 0;
    for (const auto& message : workload.messages) {
      const Task& to = workload.tasks[static_cast<size_t>(message.target)];
      messages += to.layer == layer && to.kind == TaskKind::kCompute;
    }
    return messages;
  };
  EXPECT_GT(dense_into(with.workload, 2), dense_into(plain, 2));
  EXPECT_EQ(dense_into(with.workload, 3), dense_into(plain, 3));
}

TEST(BuildWorkload, DenseVariantsDifferOnlyInTheBoundaryMessages) {
  const Built packet = build(ir::NetworkKind::kAnn, kDense8, WireKind::kPacket);
  const Built burst = build(ir::NetworkKind::kAnn, kDense8, WireKind::kBurst);
  ASSERT_EQ(packet.workload.messages.size(), burst.workload.messages.size());
  for (size_t m = 0; m < packet.workload.messages.size(); ++m) {
    const auto& a = packet.workload.messages[m];
    const auto& b = burst.workload.messages[m];
    if (a.kind != MessageKind::kBoundary) {
      EXPECT_EQ(a.bits, b.bits);
      continue;
    }
    const Task& encode = packet.workload.tasks[static_cast<size_t>(a.source)];
    const auto& block = packet.workload.blocks[static_cast<size_t>(encode.block)];
    EXPECT_EQ(a.packets, static_cast<int>(block.elements.size()) + 1);
    EXPECT_EQ(encode.events, static_cast<int64_t>(block.elements.size()));
    EXPECT_EQ(b.packets, 1);
    EXPECT_LT(b.bits, a.bits);
  }
}

/// Accumulates of a spiking convolution (plus its residual), one multiplication at a time.
int64_t enumerate_accumulates(const Built& built, const ir::Layer& layer, int sample) {
  const ir::Layer& source = built.network.layers[static_cast<size_t>(layer.input)];
  const auto& spikes = built.activity.layer_spikes.at(source.name);
  const ir::Shape in = source.out;
  int64_t total = 0;
  for (int t = 0; t < kSpikeSteps; ++t) {
    const auto plane = static_cast<size_t>((sample * kSpikeSteps + t) * in.size());
    for (int64_t e = 0; e < in.size(); ++e) {
      if (spikes[plane + static_cast<size_t>(e)] == 0) continue;
      if (layer.op != ir::Op::kConv2d) {
        total += layer.out.size();
        continue;
      }
      const int y = static_cast<int>(e / in.width) % in.height;
      const int x = static_cast<int>(e) % in.width;
      for (int oy = 0; oy < layer.out.height; ++oy) {
        for (int ox = 0; ox < layer.out.width; ++ox) {
          const int ky = y - oy * layer.stride + layer.padding;
          const int kx = x - ox * layer.stride + layer.padding;
          if (ky < 0 || kx < 0 || ky >= layer.kernel || kx >= layer.kernel) continue;
          total += layer.out.channels;
        }
      }
    }
    if (layer.residual) total += layer.out.size();  // a current each
  }
  return total;
}

TEST(BuildWorkload, AccumulatesAreSpikesTimesFanOut) {
  const Built built = build(ir::NetworkKind::kSnn, kSpikes);
  std::vector<int64_t> acs(built.network.layers.size());
  for (const Task& task : built.workload.tasks) acs[static_cast<size_t>(task.layer)] += task.acs;
  EXPECT_EQ(acs[1], 0) << "the first layer is fed with the image, not with spikes";
  for (size_t l = 2; l < acs.size(); ++l) {
    EXPECT_EQ(acs[l], enumerate_accumulates(built, built.network.layers[l], 1)) << "layer " << l;
    EXPECT_GT(acs[l], 0);
  }
}

TEST(BuildWorkload, SpikingTasksRunOncePerStepAndCountEverySpikeOnTheWay) {
  const Built built = build(ir::NetworkKind::kSnn, kSpikes);
  int64_t updates = 0, sent = 0, encoded = 0, control = 0;
  for (const Task& task : built.workload.tasks) {
    updates += task.lif_updates;
    if (task.kind == TaskKind::kEncode) encoded += task.events;
  }
  for (const auto& message : built.workload.messages) {
    const Task& to = built.workload.tasks[static_cast<size_t>(message.target)];
    if (to.kind == TaskKind::kEncode) sent += message.packets - 1;
    control += message.kind == MessageKind::kControl;
  }
  const auto& cut = built.activity.boundaries.at("cut");
  int64_t spikes = 0;
  for (size_t i = cut.symbols.size() / 2; i < cut.symbols.size(); ++i) spikes += cut.symbols[i];
  // The classifier gathers and never fires.
  const int64_t firing = built.network.neurons() - built.network.layers.back().out.size();
  EXPECT_EQ(updates, kSpikeSteps * firing);
  EXPECT_EQ(encoded, spikes);
  EXPECT_EQ(sent, spikes);
  EXPECT_EQ(control, (kSpikeSteps - 1) * static_cast<int64_t>(built.mapping.layers[1].size()));
}

TEST(BuildWorkload, ServiceTimesFollowTheConverterThroughput) {
  const codec::CodecSpec rate{CodecKind::kRate, 1, 4, false};
  const Built built = build(ir::NetworkKind::kHnn, rate);
  arch::PackageSpec fast = two_chip_package();
  fast.converter = {4, 4, 2, 2};
  const auto quick =
      build_workload(built.network, built.mapping, built.activity, 1, WireKind::kAuto, fast);
  for (size_t t = 0; t < quick.tasks.size(); ++t) {
    const Task& task = quick.tasks[t];
    if (task.block < 0) continue;
    const auto elements =
        static_cast<int64_t>(quick.blocks[static_cast<size_t>(task.block)].elements.size());
    const int64_t slow = built.workload.tasks[t].service.value();
    if (task.kind == TaskKind::kEncode) {
      EXPECT_EQ(slow, std::max(elements * 4, task.events));
      EXPECT_EQ(task.service.value(), slow / 4);
    } else {
      EXPECT_EQ(slow, std::max(elements, task.events));
      EXPECT_EQ(task.service.value(), (slow + 1) / 2);
    }
  }
}

/// `plain` with another wire, by a coder of two symbols per cycle. Returns the frames sent as rans.
int64_t expect_coding_times(const Built& plain, WireKind wire) {
  arch::PackageSpec package = two_chip_package();
  package.converter.rans_symbols_per_cycle = 2;
  const auto coded = build_workload(plain.network, plain.mapping, plain.activity, 1, wire, package);
  int64_t sent_as_rans = 0;
  for (size_t t = 0; t < coded.tasks.size(); ++t) {
    const Task& task = coded.tasks[t];
    if (task.block < 0) continue;
    const auto symbols =
        static_cast<int64_t>(coded.blocks[static_cast<size_t>(task.block)].elements.size());
    const int64_t coding = (symbols + 1) / 2;
    const int64_t service = plain.workload.tasks[t].service.value();
    if (task.kind == TaskKind::kEncode) {  // `auto` has to know what rans would take
      EXPECT_EQ(task.rans_symbols, symbols);
      EXPECT_EQ(task.service.value(), service + coding);
      EXPECT_EQ(task.stream.value(), 0);
    } else if (task.rans_symbols > 0) {
      EXPECT_EQ(task.rans_symbols, symbols);
      EXPECT_EQ(task.service.value(), std::max(service, coding));
      EXPECT_EQ(task.stream.value(), task.service.value() - 1);
      ++sent_as_rans;
    }
  }
  return sent_as_rans;
}

TEST(BuildWorkload, EntropyCodersTakeOneSymbolAfterTheOther) {
  for (const bool dense : {false, true}) {
    Built plain =
        dense ? build(ir::NetworkKind::kAnn, {CodecKind::kDense, 4, 1, false}, WireKind::kBurst)
              : build(ir::NetworkKind::kHnn, kGraded, WireKind::kBitmap);
    ir::learn_entropy(plain.network, random_activity(plain.network, 4, 0.3, 9));
    const auto frames = static_cast<int64_t>(plain.workload.blocks.size());
    EXPECT_EQ(expect_coding_times(plain, WireKind::kRans), frames);
    EXPECT_GT(expect_coding_times(plain, WireKind::kAuto), 0);
  }
}

core::Refusal refusal_of(const Built& built, const ir::Activity& activity, int sample) {
  try {
    build_workload(built.network, built.mapping, activity, sample, WireKind::kAuto,
                   two_chip_package());
  } catch (const core::UserError& error) {
    return error.refusal();
  }
  ADD_FAILURE() << "was not refused";
  return {};
}

TEST(BuildWorkloadRefuses, ASampleThatWasNotRecorded) {
  const Built built = build(ir::NetworkKind::kHnn, kGraded);
  EXPECT_EQ(refusal_of(built, built.activity, 2).allowed, "0..1");
  EXPECT_EQ(refusal_of(built, built.activity, -1).given, "-1");
}

TEST(BuildWorkloadRefuses, ActivityOfAnotherNetwork) {
  const Built built = build(ir::NetworkKind::kHnn, kGraded);
  ir::Activity other = built.activity;
  other.boundaries.at("cut").value.pop_back();
  EXPECT_EQ(refusal_of(built, other, 0).key, "activity.boundaries.cut.value");
  other = built.activity;
  other.boundaries.at("cut").current.pop_back();
  EXPECT_EQ(refusal_of(built, other, 0).key, "activity.boundaries.cut.current");
  other.boundaries.clear();
  EXPECT_EQ(refusal_of(built, other, 0).given, "cut");
  const Built spiking = build(ir::NetworkKind::kSnn, kSpikes);
  other = spiking.activity;
  other.layer_spikes.erase("conv1");
  EXPECT_EQ(refusal_of(spiking, other, 0).key, "activity.layers.conv1");
}

TEST(BuildWorkloadRefuses, AWireThatCannotCarryTheCodec) {
  const Built built = build(ir::NetworkKind::kHnn, kGraded);
  EXPECT_THROW(build_workload(built.network, built.mapping, built.activity, 0, WireKind::kBurst,
                              two_chip_package()),
               core::UserError);
}

}  // namespace
}  // namespace ranvier::map
