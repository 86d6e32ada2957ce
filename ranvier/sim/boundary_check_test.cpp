// Real bits cross; what arrives is what is decoded; every difference ends the run.

#include "ranvier/sim/boundary_check.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_codecs.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ranvier::sim {
namespace {

using core::Event;
using ::testing::AllOf;
using testing::Builder;
using ::testing::HasSubstr;
using testing::kDense;
using testing::kGraded;
using testing::kRate;

std::vector<int16_t> currents(size_t count, uint64_t seed) {
  core::Rng rng(seed);
  std::vector<int16_t> values(count);
  for (auto& value : values) value = static_cast<int16_t>(static_cast<int>(rng.below(4000)) - 1000);
  return values;
}

struct Checked {
  arch::PackageSpec spec = testing::package(2, 1, 4);
  workload::Workload workload;
};

Checked crossing(codec::CodecSpec codec, codec::WireKind wire, size_t elements = 60) {
  Checked made;
  Builder builder;
  const int32_t boundary = builder.boundary(codec, wire, static_cast<int64_t>(elements));
  const auto cut = builder.block(boundary, 3, 4, currents(elements, 5), made.spec);
  builder.message(cut.decode, builder.task(6), 1, 4);
  made.workload = builder.build();
  return made;
}

TEST(Boundary, EveryCodecAndWireDeliversTheExpectedValues) {
  using codec::WireKind;
  const std::pair<codec::CodecSpec, WireKind> kAll[] = {
      {kGraded, WireKind::kPacket}, {kGraded, WireKind::kAer},   {kGraded, WireKind::kBitmap},
      {kGraded, WireKind::kAuto},   {kRate, WireKind::kPacket},  {kRate, WireKind::kAer},
      {kRate, WireKind::kBitmap},   {kDense, WireKind::kPacket}, {kDense, WireKind::kBurst}};
  for (const auto& [codec, wire] : kAll) {
    const Checked made = crossing(codec, wire);
    const Result result = simulate(made.workload, made.spec);
    EXPECT_EQ(result.values_checked, 60) << to_string(codec) << to_string(wire);
    ASSERT_EQ(result.boundaries.size(), 1U);
    EXPECT_EQ(result.boundaries[0].blocks, 1);
    EXPECT_EQ(result.boundaries[0].link_bits, result.links[0].bits);
    const auto& message = made.workload.messages[0];
    EXPECT_EQ(result.boundaries[0].packets, message.packets);
    const auto overhead = (2 + 1) * result.boundaries[0].flits;
    EXPECT_EQ(result.boundaries[0].link_bits, message.bits + overhead);
  }
}

TEST(Boundary, ConvertersAreCounted) {
  const Checked rate = crossing(kRate, codec::WireKind::kAuto);
  const core::Ledger ledger = simulate(rate.workload, rate.spec).ledger;
  const int64_t events = rate.workload.tasks[0].events;
  EXPECT_EQ(ledger[Event::kClpEncodeElements], 60 * 4);
  EXPECT_EQ(ledger[Event::kClpEncodeEvents], events);
  EXPECT_EQ(ledger[Event::kClpDecodeEvents], events);
  EXPECT_EQ(ledger[Event::kClpDecodeElements], 60);
  const Checked dense = crossing(kDense, codec::WireKind::kBurst);
  EXPECT_EQ(simulate(dense.workload, dense.spec).ledger[Event::kClpEncodeEvents], 60);
}

TEST(Boundary, SpikesOfOneStepCrossUnconverted) {
  Checked made;
  Builder builder;
  const codec::CodecSpec one_step{codec::CodecKind::kRate, 0, 1, false};
  const int32_t boundary = builder.boundary(one_step, codec::WireKind::kAuto, 5);
  builder.spikes(boundary, 3, 4, {0, 1, 1, 0, 1}, made.spec);
  const Result result = simulate(builder.build(), made.spec);
  EXPECT_EQ(result.values_checked, 5);
  EXPECT_EQ(result.ledger[Event::kClpEncodeElements], 0);
  EXPECT_EQ(result.ledger[Event::kClpEncodeEvents], 3);
}

std::string failure(const Checked& made) {
  try {
    simulate(made.workload, made.spec);
  } catch (const core::RunError& error) {
    return error.what();
  }
  return "";
}

TEST(Boundary, OneWrongValueFailsTheRun) {
  Checked made = crossing(kGraded, codec::WireKind::kAuto);
  const int32_t right = made.workload.blocks[0].expected[17];
  made.workload.blocks[0].expected[17] = right + 1;
  EXPECT_THAT(failure(made), AllOf(HasSubstr("boundary cut"), HasSubstr("element 17"),
                                   HasSubstr("decoded to " + std::to_string(right)),
                                   HasSubstr("used " + std::to_string(right + 1))));
}

TEST(Boundary, OneWrongSpikeFailsTheRun) {
  Checked made;
  Builder builder;
  const codec::CodecSpec one_step{codec::CodecKind::kRate, 0, 1, false};
  const int32_t boundary = builder.boundary(one_step, codec::WireKind::kBitmap, 3);
  builder.spikes(boundary, 3, 4, {0, 1, 1}, made.spec);
  made.workload = builder.build();
  made.workload.blocks[0].expected[0] = 1;
  EXPECT_THAT(failure(made), HasSubstr("element 0"));
}

TEST(Boundary, AnnouncedSizesMustBeThoseOfTheEncoder) {
  Checked made = crossing(kGraded, codec::WireKind::kBitmap);
  made.workload.messages[0].bits -= 1;
  EXPECT_THAT(failure(made), AllOf(HasSubstr("bits"), HasSubstr("boundary cut")));
  made = crossing(kGraded, codec::WireKind::kBitmap);
  made.workload.messages[0].flits_per_packet += 1;
  made.workload.messages[0].bits += made.workload.messages[0].bits_per_flit;
  EXPECT_THAT(failure(made), HasSubstr("flits per packet"));
  made = crossing(kGraded, codec::WireKind::kPacket);
  made.workload.messages[0].packets += 1;
  made.workload.messages[0].bits += made.workload.messages[0].bits_per_flit;
  EXPECT_THAT(failure(made), HasSubstr("packets"));
  made = crossing(kGraded, codec::WireKind::kPacket);
  made.workload.tasks[0].events += 1;
  EXPECT_THAT(failure(made), HasSubstr("events"));
}

/// Encodes block 0, lets the packets arrive in the given order, decodes.
std::string decode_after(const std::vector<int32_t>& arrivals) {
  Checked made = crossing(kGraded, codec::WireKind::kPacket, 4);
  made.workload.blocks[0].current = {1000, 2000, 1500, 900};
  for (auto& task : made.workload.tasks) task.events = task.block >= 0 ? 4 : 0;
  BoundaryCheck check(made.workload, made.spec);
  core::Ledger ledger;
  const auto& task = made.workload.tasks[0];
  auto message = made.workload.messages[0];
  const auto codec = codec::make_codec(made.workload.boundaries[0].params);
  const codec::Frame frame =
      codec->encode(made.workload.blocks[0].current, made.workload.blocks[0].channel);
  made.workload.blocks[0].expected = codec->decode(frame, made.workload.blocks[0].channel);
  const auto wire =
      codec::make_wire_format(codec::WireKind::kPacket, kGraded, arch::wire_layout(made.spec))
          ->encode(frame);
  message.packets = static_cast<int32_t>(wire.packets.size());
  message.bits = wire.bits();
  check.encode(task, message, ledger);
  for (const int32_t packet : arrivals) check.arrived(1, packet);
  try {
    check.decode(1, ledger);
  } catch (const core::RunError& error) {
    return error.what();
  }
  return "";
}

TEST(Boundary, PacketsMustArriveCompletelyOnceAndInOrder) {
  EXPECT_EQ(decode_after({0, 1, 2, 3, 4}), "");
  EXPECT_THAT(decode_after({0, 1, 2, 3}), HasSubstr("4 of 5 packets arrived"));
  EXPECT_THAT(decode_after({0, 1, 1, 3, 4}), HasSubstr("packet 1 arrived in place of packet 2"));
  EXPECT_THAT(decode_after({0, 2, 1, 3, 4}), HasSubstr("packet 2 arrived in place of packet 1"));
  EXPECT_THAT(decode_after({0, 1, 2, 3, 4, 4}), HasSubstr("in place of packet 5"));
}

}  // namespace
}  // namespace ranvier::sim
