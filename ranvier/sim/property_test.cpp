// Seeded, shrinking: nothing lost, doubled or reordered; credits home; no deadlock; order of
// components irrelevant. simulate() audits conservation itself and throws when it fails.

#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_random.hpp"
#include "ranvier/sim/test_traffic.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

namespace ranvier::sim {
namespace {

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
  const auto spec = testing::any_package();
  const auto workload = testing::any_traffic(spec, *rc::gen::inRange(1, 40));
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
  auto spec = testing::any_package();
  spec.router.virtual_channels = 1;
  const auto workload = testing::any_traffic(spec, *rc::gen::inRange(1, 60));
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
