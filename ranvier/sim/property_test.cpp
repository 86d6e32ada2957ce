// Seeded, shrinking: nothing lost, doubled or reordered; credits home; no deadlock; order of
// components irrelevant. simulate() audits conservation itself and throws when it fails.

#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_traffic.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

namespace ranvier::sim {
namespace {

using testing::Builder;

arch::PackageSpec any_package() {
  auto spec =
      testing::package(*rc::gen::inRange(1, 4), *rc::gen::inRange(1, 3), *rc::gen::inRange(1, 4));
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

workload::Workload any_traffic(const arch::PackageSpec& spec, int messages) {
  Builder builder;
  const int tiles = spec.width() * spec.height();
  for (int m = 0; m < messages; ++m) {
    const int service = *rc::gen::inRange(0, 20);
    const int32_t source = builder.task(*rc::gen::inRange(0, tiles), service);
    builder.peek().tasks.back().stream = core::Cycles(*rc::gen::inRange(0, service + 1));
    const int32_t target = builder.task(*rc::gen::inRange(0, tiles), *rc::gen::inRange(0, 5));
    builder.message(source, target, *rc::gen::inRange(1, 6), *rc::gen::inRange(1, 9),
                    *rc::gen::inRange(1, 40));
  }
  return builder.build();
}

bool same(const Result& a, const Result& b) {
  const auto times = [](const MessageTimes& x, const MessageTimes& y) {
    return x.injected == y.injected && x.delivered == y.delivered;
  };
  const auto links = [](const MeshLinkUse& x, const MeshLinkUse& y) {
    return x.from == y.from && x.to == y.to && x.flits == y.flits && x.bits == y.bits;
  };
  const auto dies = [](const LinkUse& x, const LinkUse& y) {
    return x.flits == y.flits && x.bits == y.bits && x.damaged_flits == y.damaged_flits &&
           x.resent_flits == y.resent_flits && x.resent_bits == y.resent_bits;
  };
  return a.latency == b.latency && a.ledger == b.ledger &&
         std::ranges::equal(a.messages, b.messages, times) &&
         std::ranges::equal(a.links, b.links, dies) &&
         std::ranges::equal(a.mesh_links, b.mesh_links, links);
}

RC_GTEST_PROP(Traffic, IsConservedAndIndependentOfTheOrderOfComponents, ()) {
  const auto spec = any_package();
  const auto workload = any_traffic(spec, *rc::gen::inRange(1, 40));
  const Result ascending = simulate(workload, spec, {.record_messages = true});
  for (const uint64_t seed : {1, 2, 3}) {
    RC_ASSERT(
        same(ascending, simulate(workload, spec, {.record_messages = true, .order_seed = seed})));
  }
  const Breakdown& path = ascending.critical_path;
  RC_ASSERT(path.compute + path.network + path.serialise + path.crossing + path.queue ==
            ascending.latency);
}

RC_GTEST_PROP(Traffic, OfOneFlowStaysInOrder, ()) {
  auto spec = any_package();
  spec.router.virtual_channels = 1;
  const auto workload = any_traffic(spec, *rc::gen::inRange(1, 60));
  const Result result = simulate(workload, spec, {.record_messages = true});
  std::map<std::pair<int, int>, std::vector<MessageTimes>> flows;
  for (size_t m = 0; m < workload.messages.size(); ++m) {
    const auto tile = [&](int32_t task) {
      return workload.tasks[static_cast<size_t>(task)].tile.index();
    };
    flows[{tile(workload.messages[m].source), tile(workload.messages[m].target)}].push_back(
        result.messages[m]);
  }
  for (auto& [ends, times] : flows) {
    std::ranges::sort(times, {}, &MessageTimes::injected);
    RC_ASSERT(std::ranges::is_sorted(times, {}, &MessageTimes::delivered));
  }
}

TEST(HeavyTraffic, OfLongPacketsFarAboveSaturationDrains) {
  for (const int vcs : {1, 2}) {
    auto spec = testing::package(2, 2, 3);
    spec.router.buffer_flits = 1;
    spec.router.virtual_channels = vcs;
    const auto workload = testing::uniform_traffic(spec, 1.0, 9, 400, 7);
    const Result result = simulate(workload, spec);
    EXPECT_EQ(result.ledger[core::Event::kPackets], static_cast<int64_t>(workload.messages.size()));
  }
}

}  // namespace
}  // namespace ranvier::sim
