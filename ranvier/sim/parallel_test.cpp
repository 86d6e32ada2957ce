// Threads and ranks change nothing: every number of a result is the same for any way in which the
// chips are shared out, and a record that is late or lost does not pass unseen.

#include "ranvier/core/error.hpp"
#include "ranvier/sim/machine.hpp"
#include "ranvier/sim/noc.hpp"
#include "ranvier/sim/recorder.hpp"
#include "ranvier/sim/replay.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_random.hpp"
#include "ranvier/sim/test_ranks.hpp"
#include "ranvier/sim/test_routes.hpp"
#include "ranvier/sim/test_traffic.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <string>

namespace ranvier::sim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string text(const core::Ledger& ledger) {
  std::string out;
  for (size_t e = 0; e < core::kEventKinds; ++e) {
    out += fmt::format(" {}", ledger[static_cast<core::Event>(e)]);
  }
  return out;
}

/// Every number of a result.
std::string text(const Result& result) {
  std::string out =
      fmt::format("latency {} ledger{}\n", result.latency.value(), text(result.ledger));
  for (const auto& link : result.links) {
    out += fmt::format("link {} {} {} {} {}\n", link.from.index(), link.to.index(), link.flits,
                       link.bits, link.utilisation);
  }
  for (const auto& link : result.mesh_links) {
    out += fmt::format("mesh {} {} {} {}\n", link.from.index(), link.to.index(), link.flits,
                       link.bits);
  }
  for (const auto& router : result.routers) {
    out += fmt::format("router {} {} {}\n", router.tile.index(), router.flits, router.bits);
  }
  for (const auto& use : result.boundaries) {
    out += fmt::format("boundary {} {} {} {} {} {} {}\n", use.name, use.link_bits, use.flits,
                       use.packets, use.events, use.blocks, use.values_checked);
  }
  for (const auto& times : result.messages) {
    out += fmt::format("message {} {} {}\n", times.offered.value(), times.injected.value(),
                       times.delivered.value());
  }
  for (const auto& shape : result.shapes) {
    out += "shape";
    for (const auto& run : shape) {
      out +=
          fmt::format(" {} {} {} {}", run.packets, run.flits, run.first_flit_bits, run.flit_bits);
    }
    out += "\n";
  }
  for (const auto& task : result.tasks) {
    out += fmt::format("task {} {}\n", task.start.value(), task.end.value());
  }
  for (const auto& window : result.windows) {
    out += fmt::format("window {} {}{}\n", window.start.value(), window.end.value(),
                       text(window.ledger));
  }
  const Breakdown& path = result.critical_path;
  return out + fmt::format("path {} {} {} {} {} checked {}\n", path.compute.value(),
                           path.network.value(), path.serialise.value(), path.crossing.value(),
                           path.queue.value(), result.values_checked);
}

Options everything(int threads, Transport* transport = nullptr) {
  return {.record_messages = true,
          .record_tasks = true,
          .window = core::Cycles(13),
          .team = {.threads = threads, .transport = transport, .sharing = Sharing::kAlways}};
}

workload::Workload any_workload(const arch::PackageSpec& spec) {
  const bool boundaries = *rc::gen::arbitrary<bool>();
  return boundaries ? testing::any_boundaries(spec, *rc::gen::inRange(1, 8))
                    : testing::any_traffic(spec, *rc::gen::inRange(1, 40));
}

RC_GTEST_PROP(Parallel, AnyNumberOfThreadsGivesTheSameResult, ()) {
  const auto spec = testing::any_package();
  const auto workload = any_workload(spec);
  const std::string alone = text(simulate(workload, spec, everything(1)));
  for (const int threads : {2, 3}) {
    RC_ASSERT(text(simulate(workload, spec, everything(threads))) == alone);
  }
}

RC_GTEST_PROP(Parallel, AnyNumberOfRanksGivesTheSameResultOnEveryRank, ()) {
  const auto spec = testing::any_package();
  const auto workload = any_workload(spec);
  const std::string alone = text(simulate(workload, spec, everything(1)));
  const int ranks = *rc::gen::inRange(2, 5);
  const int threads = *rc::gen::inRange(1, 3);
  std::vector<std::string> results(static_cast<size_t>(ranks));
  testing::on_ranks(ranks, [&](Transport& transport) {
    results[static_cast<size_t>(transport.rank())] =
        text(simulate(workload, spec, everything(threads, &transport)));
  });
  for (const auto& result : results) RC_ASSERT(result == alone);
}

RC_GTEST_PROP(Parallel, AReplayIsTheSameForThreadsAndRanks, ()) {
  const auto spec = testing::any_package();
  const auto workload = any_workload(spec);
  const auto trace = trace_of(workload, spec, simulate(workload, spec, {.record_messages = true}));
  const std::string alone = text(replay(trace, spec));
  RC_ASSERT(text(replay(trace, spec, everything(3))) == alone);
  testing::on_ranks(2, [&](Transport& transport) {
    RC_ASSERT(text(replay(trace, spec, everything(1, &transport))) == alone);
  });
}

arch::PackageSpec sixteen_chips() {
  auto spec = testing::package(4, 4, 2);
  spec.core_clock = core::Hertz(1e9);
  spec.serdes = {16, core::Hertz(16e9), core::Picoseconds(4000), core::Picoseconds(0)};
  return spec;
}

TEST(Parallel, UnderLoadTheProcessesShareTheWork) {
  const auto spec = sixteen_chips();
  const auto workload = testing::uniform_traffic(spec, 0.2, 3, 300, 5);
  const std::string alone = text(simulate(workload, spec, everything(1)));
  std::vector<Effort> efforts(2);
  testing::on_ranks(2, [&](Transport& transport) {
    Options options = everything(1, &transport);
    options.team.effort = &efforts[static_cast<size_t>(transport.rank())];
    EXPECT_EQ(text(simulate(workload, spec, options)), alone);
  });
  const auto [a, b] = std::pair(efforts[0].moves, efforts[1].moves);
  EXPECT_LT(std::max(a, b), 1.1 * static_cast<double>(std::min(a, b)));
  EXPECT_EQ(efforts[0].windows, efforts[1].windows);
  EXPECT_GT(efforts[0].flits, 100);
  EXPECT_EQ(efforts[0].flits, efforts[1].credits) << "every flit gives a credit back";
  EXPECT_EQ(efforts[1].flits, efforts[0].credits);
}

TEST(Parallel, ThreadsMayTakeTurnsWhenThatIsFaster) {
  const auto spec = sixteen_chips();
  const auto workload = testing::uniform_traffic(spec, 0.2, 3, 300, 5);
  Options options = everything(3);
  options.team.sharing = Sharing::kWhenFaster;
  EXPECT_EQ(text(simulate(workload, spec, options)), text(simulate(workload, spec, everything(1))));
}

TEST(Parallel, MoreThreadsThanChipsAreOfNoUseAndNoHarm) {
  const auto spec = testing::package(2, 1, 2);
  const auto workload = testing::uniform_traffic(spec, 0.3, 2, 100, 3);
  const std::string alone = text(simulate(workload, spec, everything(1)));
  EXPECT_EQ(text(simulate(workload, spec, everything(7))), alone);
  testing::on_ranks(4, [&](Transport& transport) {
    EXPECT_EQ(text(simulate(workload, spec, everything(2, &transport))), alone);
  });
}

TEST(Parallel, SyntheticTrafficIsTheSameForAnyNumberOfThreads) {
  const auto run = [](int threads) {
    NocSpec spec;
    spec.package = sixteen_chips();
    spec.package.router.virtual_channels = 2;
    spec.rate = 0.1;
    spec.packet_flits = 3;
    spec.warmup_cycles = 100;
    spec.measure_cycles = spec.drain_cycles = 1000;
    spec.threads = threads;
    const NocResult r = simulate_noc(spec);
    return fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {} {}", r.offered, r.accepted,
                       r.packet_latency->mean, r.packet_latency->p99, r.packet_latency->max,
                       r.network_latency->mean, r.hops_mean, r.measured_packets,
                       r.unfinished_packets, r.simulated_cycles, r.packets_queued,
                       r.packets_in_flight, r.packets_delivered, r.flit_hops);
  };
  EXPECT_EQ(run(2), run(1));
  EXPECT_EQ(run(3), run(1));
}

TEST(Parallel, ADeadlockAcrossChipsIsNamedWhoeverSimulatesThem) {
  auto spec = testing::package(2, 2, 1);
  spec.emio.fifo_depth = spec.emio.lane_buffer_flits = 2;
  testing::Builder builder;
  for (int tile = 0; tile < 4; ++tile) {
    builder.message(builder.task(tile), builder.task(3 - tile), 1, 60);
  }
  const auto workload = builder.build();
  std::set<std::string> reports;
  const auto run = [&](const Options& options) {
    Machine machine(workload, spec, options, testing::route_clockwise);
    EXPECT_THROW(
        try { machine.run(); } catch (const core::RunError& error) {
          EXPECT_THAT(error.what(),
                      AllOf(HasSubstr("deadlock"), HasSubstr("4 tasks unfinished"),
                            HasSubstr("(0,0) south input VC 0"), HasSubstr("(1,0) west input VC 0"),
                            HasSubstr("(1,1) north input VC 0"), HasSubstr("(0,1) east input VC 0"),
                            HasSubstr("back to the first")));
          reports.insert(error.what());
          throw;
        },
        core::RunError);
  };
  for (const int threads : {1, 2, 3, 4}) run(everything(threads));
  std::mutex one_at_a_time;
  testing::on_ranks(2, [&](Transport& transport) {
    Machine machine(workload, spec, everything(1, &transport), testing::route_clockwise);
    try {
      machine.run();
      FAIL() << "no deadlock";
    } catch (const core::RunError& error) {
      const std::lock_guard lock(one_at_a_time);
      reports.insert(error.what());
    }
  });
  EXPECT_EQ(reports.size(), 1U) << "one text for any split: " << ::testing::PrintToString(reports);
}

TEST(Parallel, AnErrorInOneProcessEndsAllWithItsText) {
  const auto spec = testing::package(2, 1, 2);
  testing::Builder builder;
  const int32_t cut =
      builder.boundary({.kind = codec::CodecKind::kGraded, .bits = 3}, codec::WireKind::kPacket, 4);
  builder.block(cut, 0, 2, {900, 1800, 0, 700}, spec);
  auto workload = builder.build();
  workload.blocks[0].expected[1] += 1;
  std::set<std::string> texts;
  const auto note = [&](const Options& options) {
    try {
      simulate(workload, spec, options);
    } catch (const core::RunError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  texts.insert(note(everything(1)));
  texts.insert(note(everything(2)));
  std::mutex one_at_a_time;
  testing::on_ranks(3, [&](Transport& transport) {
    const std::string what = note(everything(1, &transport));
    const std::lock_guard lock(one_at_a_time);
    texts.insert(what);
  });
  ASSERT_EQ(texts.size(), 1U) << ::testing::PrintToString(texts);
  EXPECT_THAT(*texts.begin(), HasSubstr("element 1 decoded to"));
}

// Planted faults.

workload::Workload two_way_load(const arch::PackageSpec& spec) {
  return testing::uniform_traffic(spec, 0.4, 2, 200, 9);
}

TEST(ParallelFaults, ARecordThatComesOneWindowLateIsNoticed) {
  const auto spec = testing::package(2, 1, 2);
  const auto workload = two_way_load(spec);
  std::mutex mutex;
  std::map<std::thread::id, Bytes> held;  // by rank
  const auto late = [&](Bytes& bytes) {
    const std::lock_guard lock(mutex);
    std::swap(held[std::this_thread::get_id()], bytes);
  };
  EXPECT_THROW(testing::on_ranks(
                   2, [&](Transport& t) { simulate(workload, spec, everything(1, &t)); }, late),
               core::ContractViolation);
}

/// Whether the parcel holds nothing but credits: a byte for the kind and the record, each.
bool only_credits(const Bytes& bytes) {
  constexpr size_t kHeader = sizeof(int32_t) + sizeof(int64_t);
  constexpr size_t kRecord = 1 + sizeof(LinkCredit);
  constexpr auto kCredit = std::byte{2};
  if (bytes.size() <= kHeader || (bytes.size() - kHeader) % kRecord != 0) return false;
  for (size_t at = kHeader; at < bytes.size(); at += kRecord) {
    if (bytes[at] != kCredit) return false;
  }
  return true;
}

TEST(ParallelFaults, ALostCreditIsNoticed) {
  const auto spec = testing::package(2, 1, 2);
  const auto workload = two_way_load(spec);
  std::atomic<int> seen = 0;
  const auto lose = [&](Bytes& bytes) {
    if (only_credits(bytes) && seen++ == 3) bytes.clear();
  };
  try {
    testing::on_ranks(
        2, [&](Transport& t) { simulate(workload, spec, everything(1, &t)); }, lose);
    FAIL() << "not noticed";
  } catch (const core::RunError& error) {
    EXPECT_THAT(error.what(),
                ::testing::AnyOf(HasSubstr("credits still held"), HasSubstr("deadlock")));
  }
  EXPECT_GT(seen, 3);
}

TEST(Lookahead, FollowsFromTheClocksOfTheLink) {
  auto spec = testing::package(2, 1, 2);
  spec.core_clock = core::Hertz(1e9);
  spec.serdes = {16, core::Hertz(1e9), core::Picoseconds(4000), core::Picoseconds(0)};
  // Credit: 1 to the writing register, 4 of flight, 3 of the synchroniser.
  EXPECT_EQ(lookahead(lower(spec)), 1 + 4 + 3);
  // Flit: 1 beat and 1 writing cycle, 4 of flight, 3 of the synchroniser; slower credits.
  spec.emio.fifo_sync_cycles = 2;
  EXPECT_EQ(lookahead(lower(spec)), 1 + 4 + 2);
  // A link clock ten times as fast leaves flight and core cycles.
  spec.serdes.lane_rate = core::Hertz(10e9);
  EXPECT_EQ(lookahead(lower(spec)), 1 + 4);
  spec.serdes.phy_latency = core::Picoseconds(0);
  EXPECT_EQ(lookahead(lower(spec)), 1) << "never less than one core cycle";
}

TEST(Partition, CutsRunsOfNearlyEqualLoad) {
  const Lowered lowered = lower(testing::package(4, 2, 2));
  const auto parts = [&](std::vector<int64_t> loads, int most) {
    const Partition partition(lowered, loads, most);
    std::vector<int> of;
    for (int chip = 0; chip < 8; ++chip) of.push_back(partition.of_chip(chip));
    EXPECT_EQ(of.back() + 1, partition.parts());
    return of;
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(parts(std::vector<int64_t>(8), 2), ElementsAre(0, 0, 0, 0, 1, 1, 1, 1));
  EXPECT_THAT(parts({90, 10, 10, 10, 10, 10, 10, 10}, 2), ElementsAre(0, 1, 1, 1, 1, 1, 1, 1));
  EXPECT_THAT(parts({1, 1, 1, 1, 1, 1, 1, 1}, 20), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(parts({1, 1, 1, 1, 1, 1, 1, 1}, 1), ElementsAre(0, 0, 0, 0, 0, 0, 0, 0));
}

TEST(Partition, LoadsAreFlitsTimesRoutersOfTheRoute) {
  const Lowered lowered = lower(testing::package(2, 2, 2));  // 4 x 4 tiles
  const std::vector<Load> loads = {{0, 15, 10}, {5, 5, 3}, {14, 4, 1}};
  // Chips lie 0 1 over 3 2. (0,0) to (3,3): two routers on chip 0, then (2,0) (3,0) (3,1), then
  // (3,2) (3,3). (1,1) to itself. (2,3) to (0,1): (2,3) on chip 2, (1,3) (0,3) (0,2) on chip 3,
  // (0,1) on chip 0.
  EXPECT_THAT(chip_loads(lowered, loads), ::testing::ElementsAre(24, 30, 21, 3));
}

}  // namespace
}  // namespace ranvier::sim
