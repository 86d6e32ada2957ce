// Multicast: who shares packets and blocks, that everybody still gets what unicast sends, and what
// is saved.

#include "ranvier/map/multicast.hpp"

#include "ranvier/analytic/model.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/map/anneal.hpp"
#include "ranvier/map/chip_trees.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/search.hpp"
#include "ranvier/map/statistics.hpp"
#include "ranvier/map/test_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace ranvier::map {
namespace {

using core::Event;
using ir::NetworkKind;
using testing::package_of;
using workload::MessageKind;
using workload::TaskKind;

/// Die edges between the chips of the XY ways, each once.
size_t edges_walked(const arch::PackageSpec& package, int from, const std::vector<int>& chips) {
  const int mesh = package.chip.mesh;
  std::set<std::tuple<int, int, int, int>> edges;
  for (const int chip : chips) {
    auto at = arch::chip_origin(package, core::ChipId(from));
    const auto to = arch::chip_origin(package, core::ChipId(chip));
    while (!(at == to)) {
      auto next = at;
      if (at.x != to.x) {
        next.x += at.x < to.x ? mesh : -mesh;
      } else {
        next.y += at.y < to.y ? mesh : -mesh;
      }
      edges.insert({at.x, at.y, next.x, next.y});
      at = next;
    }
  }
  return edges.size();
}

TEST(ChipTrees, EdgesAreThoseOfTheWalkedUnion) {
  const auto package = package_of(4, 3, 2, 32);
  core::Rng rng(3);
  for (int round = 0; round < 200; ++round) {
    const int from = static_cast<int>(rng.below(12));
    std::vector<int> chips;
    for (uint64_t n = rng.below(6); n > 0; --n) chips.push_back(static_cast<int>(rng.below(12)));
    ASSERT_EQ(static_cast<size_t>(tree_edges(package, from, chips)),
              edges_walked(package, from, chips));
  }
}

Region rows(int begin, int end) { return {{0, 4}, {begin, end}, {0, 8}}; }

TEST(ChipTrees, ShareABlockWhereThatIsLess) {
  const auto package = package_of(4, 1, 2, 32);
  const auto bits = [](const Region& region) { return static_cast<double>(region.neurons()); };
  // The same rows for a chip and the one behind it: one block, over three edges instead of four.
  auto trees = share_blocks(package, 0, {{1, rows(0, 4)}, {3, rows(0, 4)}}, bits);
  ASSERT_EQ(trees.size(), 1U);
  EXPECT_EQ(trees[0].chips, (std::vector<int>{1, 3}));
  // Other rows: the hull would be longer than both.
  trees = share_blocks(package, 0, {{1, rows(0, 1)}, {2, rows(7, 8)}}, bits);
  EXPECT_EQ(trees.size(), 2U);
  // Through opposite sides nothing is shared.
  trees = share_blocks(package, 1, {{0, rows(0, 4)}, {2, rows(0, 4)}}, bits);
  EXPECT_EQ(trees.size(), 2U);
}

TEST(Multicast, CutsBurstsThatAForkBufferDoesNotHold) {
  workload::Message burst;
  burst.bits_per_flit = 34;
  burst.flits_per_packet = 101;
  burst.bits = 101 * 34;
  const auto cut = cut_to(burst, 32);  // 100 payload flits in packets of at most 31
  EXPECT_EQ(cut.packets, 4);
  EXPECT_EQ(cut.flits_per_packet, 26);
  EXPECT_EQ(cut.bits, 4 * 26 * 34);
  EXPECT_EQ(cut_to(burst, 101).packets, 1);
  EXPECT_EQ(cut_to(burst, 1).flits_per_packet, 101) << "nothing but a header would fit";
}

/// A task on tile 0 and one on each of `tiles`, and the message to all of them.
workload::Workload sent(const std::vector<int>& tiles, int flits,
                        const arch::PackageSpec& package) {
  workload::Workload workload;
  workload.tasks.resize(tiles.size() + 1);
  std::vector<int32_t> targets;
  for (size_t i = 0; i < tiles.size(); ++i) {
    workload.tasks[i + 1].tile = core::TileId(tiles[i]);
    targets.push_back(static_cast<int32_t>(i) + 1);
  }
  workload.tasks[0].tile = core::TileId(0);
  workload::Message message;
  message.source = 0;
  message.bits_per_flit = 34;
  message.flits_per_packet = flits;
  message.bits = int64_t{flits} * 34;
  append_to_all(message, targets, package, workload);
  return workload;
}

TEST(Multicast, TakesATreeWhereItMovesFewerFlits) {
  auto package = package_of(1, 1, 4, 32);
  const auto trees = [&](const std::vector<int>& tiles, int flits) {
    return tree_use(sent(tiles, flits, package), package).trees;
  };
  EXPECT_EQ(trees({3, 15}, 4), 1) << "three links in common";
  EXPECT_EQ(trees({1, 4}, 4), 1) << "the injection in common";
  EXPECT_EQ(trees({2, 2}, 4), 1) << "two tasks of one tile";
  EXPECT_EQ(trees({2}, 4), 0);
  package.router.fork_flits = 3;
  EXPECT_EQ(trees({2, 2}, 4), 1) << "in packets of two payload flits";
  EXPECT_EQ(trees({1, 5}, 100), 0) << "every other flit would be a header";
  package.router.fork_flits = 1;
  EXPECT_EQ(trees({3, 15}, 4), 0);
  EXPECT_EQ(trees({3, 15}, 1), 1);
}

TEST(Multicast, CountsTreesAndTheirEntries) {
  const auto package = package_of(1, 1, 4, 32);
  auto workload = sent({2, 10}, 4, package);  // row 0 to x = 2, then two south: routers 0 1 2 6 10
  for (const workload::Message message : std::vector(workload.messages)) {
    workload.messages.push_back(message);  // the same tree again
  }
  const TreeUse use = tree_use(workload, package);
  EXPECT_EQ(use.trees, 1);
  EXPECT_EQ(use.messages, 2);
  EXPECT_EQ(use.targets, 4);
  EXPECT_EQ(use.most_entries, 1);
}

TEST(Multicast, NeedsANameForEveryTree) {
  auto package = package_of(1, 1, 4, 32);
  package.packet.dx_bits = package.packet.dy_bits = 2;
  EXPECT_NO_THROW(require_names({.trees = 16}, package));
  try {
    require_names({.trees = 17}, package);
    FAIL() << "accepted";
  } catch (const core::UserError& error) {
    EXPECT_EQ(error.refusal().key, "mapping.delivery");
    EXPECT_NE(error.refusal().allowed.find("16"), std::string::npos);
  }
}

struct MulticastBuilt {
  Mapping mapping;
  workload::Workload workload;
  core::Ledger ledger;
};

MulticastBuilt built(const ir::Network& network, const ir::Activity& activity,
                     const arch::PackageSpec& package, DeliveryMode delivery) {
  MulticastBuilt made{
      .mapping = map_network(network, package, {}, delivery), .workload = {}, .ledger = {}};
  made.workload =
      build_workload(network, made.mapping, activity, 0, codec::WireKind::kAuto, package);
  workload::check(made.workload, package);
  made.ledger = analytic::estimate(made.workload, package).ledger;
  return made;
}

/// Bits from tile to tile, step by step.
auto contents(const workload::Workload& workload) {
  std::map<std::tuple<int, int, int>, int64_t> bits;
  for (const auto& message : workload.messages) {
    const auto& from = workload.tasks[static_cast<size_t>(message.source)];
    const auto& to = workload.tasks[static_cast<size_t>(message.target)];
    bits[{from.tile.index(), to.tile.index(), from.step}] += message.bits;
  }
  return bits;
}

TEST(Multicast, EveryReaderGetsWhatUnicastSendsAndNobodyElseDoes) {
  const std::pair<NetworkKind, const char*> kAll[] = {{NetworkKind::kAnn, "dense(8)"},
                                                      {NetworkKind::kHnn, "graded(2)"},
                                                      {NetworkKind::kSnn, "rate(3)"}};
  for (const auto& [kind, codec] : kAll) {
    const int steps = kind == NetworkKind::kSnn ? 3 : 1;
    const auto network = testing::two_chip_network(kind, codec::parse_codec(codec, "t"), steps);
    const auto activity = testing::random_activity(network, 1, 0.3, 5);
    const auto package = package_of(2, 1, 6, 64);
    const MulticastBuilt copies = built(network, activity, package, DeliveryMode::kUnicast);
    const MulticastBuilt forked = built(network, activity, package, DeliveryMode::kMulticast);
    const auto sent = contents(copies.workload);
    const auto got = contents(forked.workload);
    ASSERT_EQ(got.size(), sent.size()) << codec;
    for (const auto& [ends, bits] : sent) EXPECT_GE(got.at(ends), bits) << codec;
    EXPECT_GT(tree_use(forked.workload, package).trees, 0) << codec;
    EXPECT_LT(forked.ledger[Event::kFlitHops], copies.ledger[Event::kFlitHops]) << codec;
    EXPECT_LT(forked.ledger[Event::kPackets], copies.ledger[Event::kPackets]) << codec;
    for (const Event same : {Event::kMac, Event::kAc, Event::kStateWriteBits, Event::kDieToDieBits,
                             Event::kClpDecodeEvents}) {
      EXPECT_EQ(forked.ledger[same], copies.ledger[same]) << codec << core::event_info(same).name;
    }
  }
}

/// `count` tasks on tiles 1..count of a row, each with a message of the rows it needs.
TEST(Multicast, ReadersOfOtherPartsJoinWhereOneMessageMovesFewerFlits) {
  const auto package = package_of(1, 1, 8, 32);
  std::vector<workload::Task> tasks(4);
  for (int t = 0; t < 4; ++t) tasks[static_cast<size_t>(t)].tile = core::TileId(t == 0 ? 0 : 4 + t);
  const auto message = [](const Region& box) {
    workload::Message made;
    made.source = 0;
    made.bits_per_flit = 34;
    made.flits_per_packet = 1 + static_cast<int32_t>(box.neurons() / 4);
    made.bits = made.flits() * 34;
    return made;
  };
  const auto rows = [](int begin, int end) { return Region{{0, 1}, {begin, end}, {0, 8}}; };
  const auto readers = [&](Region first, Region second) {
    return join({{first, message(first), {1}}, {second, message(second), {2, 3}}}, package, tasks,
                message);
  };
  // Rows 0..3 for tile 5, rows 2..3 for tiles 6 and 7: all four rows along one way are less.
  const auto joined = readers(rows(0, 4), rows(2, 4));
  ASSERT_EQ(joined.size(), 1U);
  EXPECT_EQ(joined[0].tasks, (std::vector<int32_t>{1, 2, 3}));
  EXPECT_EQ(joined[0].box, rows(0, 4));
  EXPECT_EQ(joined[0].message.flits(), message(rows(0, 4)).flits());
  // Far apart: the box would be mostly what nobody needs.
  EXPECT_EQ(readers(rows(0, 1), rows(30, 31)).size(), 2U);
}

TEST(Multicast, ABlockForSeveralChipsCrossesEveryDieEdgeOnce) {
  for (const auto kind : {NetworkKind::kAnn, NetworkKind::kSnn}) {
    const bool spiking = kind == NetworkKind::kSnn;
    const auto spec = codec::parse_codec(spiking ? "rate(3)" : "dense(8)", "t");
    const auto network = testing::filled_network(kind, spec, spiking ? 3 : 1);
    const auto activity = testing::random_activity(network, 1, 0.3, 5);
    const auto package = package_of(4, 2, 3, 32);
    const MulticastBuilt copies = built(network, activity, package, DeliveryMode::kUnicast);
    const MulticastBuilt forked = built(network, activity, package, DeliveryMode::kMulticast);
    EXPECT_LT(forked.ledger[Event::kDieToDieBits], copies.ledger[Event::kDieToDieBits]);
    EXPECT_LT(forked.workload.blocks.size(), copies.workload.blocks.size());
    int shared = 0;
    for (const auto& boundary : forked.mapping.crossings) {
      for (const Crossing& crossing : boundary) {
        if (crossing.shares < 0) continue;
        const Crossing& first = boundary[static_cast<size_t>(crossing.shares)];
        EXPECT_EQ(crossing.region, first.region);
        EXPECT_EQ(crossing.near_gateway, first.near_gateway);
        EXPECT_NE(crossing.far_gateway, first.far_gateway);
        ++shared;
      }
    }
    EXPECT_GT(shared, 0);
    // b counts every edge once, too: bits x edges are those of the ledger, beside the currents of
    // shortcuts in a spiking network.
    if (spiking) continue;
    const auto use =
        boundary_statistics(network, forked.mapping, activity, codec::WireKind::kAuto, package);
    double over_edges = 0;
    for (const auto& boundary : forked.mapping.crossings) {
      for (const Crossing& crossing : boundary) {
        over_edges += static_cast<double>(crossing.region.neurons() * crossing.die_edges);
      }
    }
    EXPECT_NEAR(use.total.bits_per_activation * over_edges,
                static_cast<double>(forked.ledger[Event::kDieToDieBits]), 1);
  }
}

TEST(Multicast, AFrameThatIsTooLongGoesToEachChipByItself) {
  const auto network =
      testing::filled_network(NetworkKind::kAnn, codec::parse_codec("dense(8)", "t"));
  const auto activity = testing::random_activity(network, 1, 0.3, 5);
  auto package = package_of(4, 2, 3, 32);
  package.router.fork_flits = 4;
  const MulticastBuilt forked = built(network, activity, package, DeliveryMode::kMulticast);
  int decoders = 0, sharing = 0;
  for (const auto& message : forked.workload.messages) {
    if (message.kind != MessageKind::kBoundary) continue;
    ++decoders;
    sharing += message.branch;
    EXPECT_TRUE(!message.branch || message.flits_per_packet <= 4);
  }
  int crossings = 0;
  for (const auto& boundary : forked.mapping.crossings)
    crossings += static_cast<int>(boundary.size());
  EXPECT_EQ(decoders, crossings);
  EXPECT_EQ(static_cast<size_t>(decoders - sharing), forked.workload.blocks.size());
  package.router.fork_flits = 128;
  const MulticastBuilt whole = built(network, activity, package, DeliveryMode::kMulticast);
  EXPECT_LT(whole.workload.blocks.size(), forked.workload.blocks.size());
}

TEST(Multicast, ThePlacementCountsEveryLinkOfATreeOnce) {
  const auto network =
      testing::two_chip_network(NetworkKind::kHnn, codec::parse_codec("graded(2)", "t"));
  const auto activity = testing::random_activity(network, 1, 0.3, 5);
  const auto package = package_of(2, 1, 6, 64);
  const MulticastBuilt forked = built(network, activity, package, DeliveryMode::kMulticast);
  const auto problem = placement_problem(network, forked.mapping, forked.workload);
  // Every link once, and every ejection: router bit-hops. Interface bits tell the ejections.
  int64_t injected = 0;
  for (const auto& message : forked.workload.messages)
    injected += message.branch ? 0 : message.bits;
  const int64_t ejected = forked.ledger[Event::kNetworkInterfaceBits] - injected;
  EXPECT_EQ(placement_cost(problem, forked.mapping, package).wire_bit_hops,
            forked.ledger[Event::kRouterBitHops] - ejected);
}

TEST(Multicast, ASearchKeepsItAndCountsTrees) {
  const auto network =
      testing::filled_network(NetworkKind::kAnn, codec::parse_codec("dense(8)", "t"));
  const auto activity = testing::random_activity(network, 1, 0.3, 5);
  const auto package = package_of(4, 2, 3, 32);
  SearchInput input{network, activity, codec::WireKind::kBurst, package};
  const SearchOptions options{.objective = Objective::kBits, .moves_per_item = 30};
  const SearchResult copies = search_mapping(input, options);
  input.delivery = DeliveryMode::kMulticast;
  const SearchResult forked = search_mapping(input, options);
  EXPECT_EQ(forked.mapping.delivery, DeliveryMode::kMulticast);
  const auto bits = [](const SearchResult& result) {
    return result.candidates[result.chosen].merit.die_bits;
  };
  EXPECT_LT(bits(forked), bits(copies));
  const auto workload =
      build_workload(network, forked.mapping, activity, 0, codec::WireKind::kBurst, package);
  EXPECT_EQ(analytic::estimate(workload, package).ledger[Event::kDieToDieBits], bits(forked));
}

}  // namespace
}  // namespace ranvier::map
