#pragma once
// Random packages and workloads for property tests.

#include "ranvier/sim/test_workloads.hpp"

#include <rapidcheck.h>

#include <cstdint>
#include <vector>

namespace ranvier::sim::testing {

/// A few small dies with any clocks, buffers and delays.
inline arch::PackageSpec any_package() {
  auto spec = package(*rc::gen::inRange(1, 4), *rc::gen::inRange(1, 3), *rc::gen::inRange(1, 4));
  spec.core_clock = core::Hertz(*rc::gen::elementOf(std::vector<double>{200e6, 1e9, 333e6}));
  spec.serdes = {*rc::gen::inRange(1, 40),
                 core::Hertz(*rc::gen::elementOf(std::vector<double>{680e6, 1e9, 16e9, 150e6})),
                 core::Picoseconds(*rc::gen::inRange(0, 9000)), core::Picoseconds(0)};
  const auto period = static_cast<int64_t>(1e12 / spec.serdes.lane_rate.value());  // [ps]
  spec.serdes.clock_phase = core::Picoseconds(*rc::gen::inRange<int64_t>(0, period));
  spec.serdes.bit_error_rate = *rc::gen::elementOf(std::vector<double>{0, 0, 1e-4, 1e-3, 5e-3});
  spec.serdes.crc_bits = *rc::gen::inRange(0, 17);
  if (spec.serdes.crc_bits > 0 && *rc::gen::arbitrary<bool>()) {
    spec.serdes.retry = arch::RetryPolicy::kGoBackN;
    spec.serdes.replay_flits = *rc::gen::inRange(1, 12);
  }
  spec.converter.output_flits = *rc::gen::inRange(1, 9);
  spec.emio.fifo_source_cycles = *rc::gen::inRange(1, 4);
  spec.emio.fifo_sync_cycles = *rc::gen::inRange(1, 6);
  spec.router = {.router_cycles = *rc::gen::inRange(1, 4),
                 .link_cycles = *rc::gen::inRange(0, 3),
                 .buffer_flits = *rc::gen::inRange(1, 6),
                 .virtual_channels = *rc::gen::inRange(1, 4)};
  spec.emio.split_cycles = *rc::gen::inRange(0, 3);
  spec.emio.fifo_depth = *rc::gen::inRange(1, 9);
  spec.emio.lane_buffer_flits = *rc::gen::inRange(1, 9);
  spec.emio.merge_policy =
      *rc::gen::element(arch::MergePolicy::kRoundRobin, arch::MergePolicy::kFixedPriority);
  return spec;
}

/// Messages between random tiles, some of them to several tiles at once.
inline workload::Workload any_traffic(const arch::PackageSpec& spec, int messages) {
  Builder builder;
  const int tiles = spec.width() * spec.height();
  for (int m = 0; m < messages; ++m) {
    const int service = *rc::gen::inRange(0, 20);
    const int32_t source = builder.task(*rc::gen::inRange(0, tiles), service);
    builder.peek().tasks.back().stream = core::Cycles(*rc::gen::inRange(0, service + 1));
    const int32_t target = builder.task(*rc::gen::inRange(0, tiles), *rc::gen::inRange(0, 5));
    builder.message(source, target, *rc::gen::inRange(1, 6), *rc::gen::inRange(1, 9),
                    *rc::gen::inRange(1, 40));
    for (int branches = *rc::gen::inRange(0, 5) - 1; branches > 0; --branches) {
      builder.branch(builder.task(*rc::gen::inRange(0, tiles), *rc::gen::inRange(0, 5)));
    }
  }
  return builder.build();
}

/// The same with boundaries: tensors that are encoded on one chip and decoded on one or several.
inline workload::Workload any_boundaries(const arch::PackageSpec& spec, int blocks) {
  Builder builder;
  const int tiles = spec.width() * spec.height();
  const auto codec = *rc::gen::element(codec::CodecKind::kGraded, codec::CodecKind::kDense);
  const int bits = codec == codec::CodecKind::kDense ? 8 : 3;
  const auto wire = codec == codec::CodecKind::kDense
                        ? codec::WireKind::kBurst
                        : *rc::gen::element(codec::WireKind::kPacket, codec::WireKind::kBitmap,
                                            codec::WireKind::kAer);
  const int32_t boundary = builder.boundary({.kind = codec, .bits = bits}, wire, 16);
  for (int b = 0; b < blocks; ++b) {
    std::vector<int16_t> current(static_cast<size_t>(*rc::gen::inRange(1, 17)));
    for (auto& value : current) value = static_cast<int16_t>(*rc::gen::inRange(-300, 3000));
    builder.block(boundary, *rc::gen::inRange(0, tiles), *rc::gen::inRange(0, tiles), current,
                  spec);
    for (int more = *rc::gen::inRange(0, 4) - 1; more > 0; --more) {
      builder.decoder(*rc::gen::inRange(0, tiles));
    }
  }
  return builder.build();
}

}  // namespace ranvier::sim::testing
