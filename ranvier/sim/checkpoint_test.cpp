// A run that is stopped and goes on gives the result of one that was never stopped.

#include "ranvier/sim/checkpoint.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/sim/account.hpp"
#include "ranvier/sim/critical_path.hpp"
#include "ranvier/sim/machine.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/state_archive.hpp"
#include "ranvier/sim/test_workloads.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace ranvier::sim {
namespace {

namespace fs = std::filesystem;

TEST(StateArchive, ReadsWhatItWroteAndNoMore) {
  StateWriter writer;
  const std::vector<int32_t> numbers{1, -2, 3};
  const std::vector<std::vector<int64_t>> nested{{4}, {}, {5, 6}};
  writer(numbers, nested, 7.5);
  std::vector<int32_t> read_numbers;
  std::vector<std::vector<int64_t>> read_nested;
  double read_real = 0;
  StateReader reader(writer.bytes());
  reader(read_numbers, read_nested, read_real);
  EXPECT_EQ(read_numbers, numbers);
  EXPECT_EQ(read_nested, nested);
  EXPECT_EQ(read_real, 7.5);
  EXPECT_TRUE(reader.at_end());
  EXPECT_THROW(reader(read_real), core::ContractViolation);
  StateReader cut(std::span(writer.bytes()).first(10));
  EXPECT_THROW(cut(read_numbers), core::ContractViolation);
}

class Checkpoint : public ::testing::Test {
 protected:
  Checkpoint()
      : directory_(fs::path(::testing::TempDir()) /
                   ("state_" + std::to_string(getpid()) +
                    ::testing::UnitTest::GetInstance()->current_test_info()->name())),
        file_{.file = directory_ / "run.state", .identity = 17, .every_s = 0, .resume = true} {
    fs::create_directories(directory_);
  }
  ~Checkpoint() override { fs::remove_all(directory_); }

  core::Refusal refusal() const {
    try {
      read_state(file_);
    } catch (const core::UserError& error) {
      return error.refusal();
    }
    ADD_FAILURE() << "was not refused";
    return {};
  }

  fs::path directory_;
  Checkpointing file_;
};

TEST_F(Checkpoint, IsReadWhenAskedForOnly) {
  EXPECT_FALSE(read_state(file_).has_value()) << "no file, a new run";
  write_state(file_, "state");
  EXPECT_EQ(read_state(file_), "state");
  file_.resume = false;
  EXPECT_FALSE(read_state(file_).has_value());
}

TEST_F(Checkpoint, OfAnotherSimulationIsRefused) {
  write_state(file_, "state");
  file_.identity = 18;
  EXPECT_EQ(refusal().key, "--resume");
  EXPECT_NE(refusal().given.find("another simulation"), std::string::npos);
}

TEST_F(Checkpoint, ThatIsDamagedAnywhereIsRefused) {
  write_state(file_, "state");
  const std::string whole = core::read_file(file_.file, "test");
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    std::ofstream(file_.file, std::ios::binary) << damaged;
    EXPECT_THROW(read_state(file_), core::UserError) << at;
    std::ofstream(file_.file, std::ios::binary) << whole.substr(0, at);
    EXPECT_THROW(read_state(file_), core::UserError) << at;
  }
}

struct Found {
  int64_t latency;
  core::Ledger ledger;
  Result network;
  std::vector<MessageTimes> messages;
  std::vector<WindowUse> windows;
  int64_t checked = 0;
};

Found found_by(const Machine& machine, const workload::Workload& workload, const Options& options) {
  const RunRecord record = machine.record();
  const Lowered& lowered = machine.lowered();
  audit(record.network, lowered);
  Found found{
      record.network.latency, full_ledger(record, lowered, workload.tiles_used), {}, {}, {}};
  fill_network(record.network, lowered, found.network);
  fill_boundaries(record, workload, found.network);
  found.network.critical_path = critical_path(record, workload, lowered);
  for (const Traffic::Times& times : record.times) found.messages.push_back(message_times(times));
  found.windows = window_uses(record, lowered, options.window.value(), workload.tiles_used);
  found.checked = found.network.values_checked;
  return found;
}

void expect_equal(const Found& a, const Found& b, int64_t stop) {
  EXPECT_EQ(a.latency, b.latency) << stop;
  EXPECT_TRUE(a.ledger == b.ledger) << stop;
  EXPECT_EQ(a.checked, b.checked) << stop;
  EXPECT_EQ(a.network.critical_path.queue, b.network.critical_path.queue) << stop;
  EXPECT_EQ(a.network.critical_path.compute, b.network.critical_path.compute) << stop;
  ASSERT_EQ(a.network.links.size(), b.network.links.size());
  for (size_t i = 0; i < a.network.links.size(); ++i) {
    EXPECT_EQ(a.network.links[i].bits, b.network.links[i].bits) << stop;
    EXPECT_EQ(a.network.links[i].utilisation, b.network.links[i].utilisation) << stop;
  }
  for (size_t i = 0; i < a.messages.size(); ++i) {
    EXPECT_EQ(a.messages[i].injected, b.messages[i].injected) << stop << " message " << i;
    EXPECT_EQ(a.messages[i].delivered, b.messages[i].delivered) << stop << " message " << i;
  }
  ASSERT_EQ(a.windows.size(), b.windows.size());
  for (size_t i = 0; i < a.windows.size(); ++i) {
    EXPECT_TRUE(a.windows[i].ledger == b.windows[i].ledger) << stop << " window " << i;
  }
}

/// Random traffic over four dies, with tasks that wait for each other, blocks that cross, and
/// packets of both that fork.
workload::Workload busy_workload(const arch::PackageSpec& spec) {
  testing::Builder builder;
  core::Rng rng(3);
  const auto boundary =
      builder.boundary({codec::CodecKind::kGraded, 3, 1, false}, codec::WireKind::kAuto, 64);
  const auto tile = [&] { return static_cast<int>(rng.below(36)); };
  int32_t previous = -1;
  for (int chain = 0; chain < 60; ++chain) {
    const int32_t from = builder.task(tile(), static_cast<int64_t>(rng.below(30)));
    const int32_t to = builder.task(tile(), static_cast<int64_t>(rng.below(30)));
    builder.message(from, to, 1 + static_cast<int>(rng.below(5)),
                    1 + static_cast<int>(rng.below(20)));
    for (int branches = chain % 4; branches > 0; --branches)
      builder.branch(builder.task(tile(), 3));
    if (chain % 3 == 0 && previous >= 0) builder.message(previous, from, 1, 3);
    if (chain % 4 == 0) {
      std::vector<int16_t> current(64);
      for (auto& one : current) one = static_cast<int16_t>(rng.below(1500));
      const int row = static_cast<int>(rng.below(6));
      const auto block = builder.block(boundary, row * 6 + 2, row * 6 + 3, current, spec);
      const int32_t second = builder.decoder((row + 1) % 6 * 6 + 4);
      builder.message(second, builder.task(tile(), 2), 1, 2);
      builder.message(to, block.encode, 1, 4);
      const int32_t reader = builder.task(tile(), 5);
      builder.message(block.decode, reader, 1, 4);
    }
    previous = to;
  }
  return builder.build();
}

TEST(MachineState, GoesOnFromAnyCycleAsIfItHadNeverStopped) {
  for (const int channels : {1, 2}) {
    auto spec = testing::package(2, 2, 3);
    spec.router.virtual_channels = channels;
    spec.serdes.bit_error_rate = 1e-3;
    spec.serdes.crc_bits = 8;
    spec.serdes.retry = arch::RetryPolicy::kGoBackN;
    const auto workload = busy_workload(spec);
    Options options;
    options.window = core::Cycles(37);
    options.team.threads = channels;  // states of one and of two processes
    Machine whole(workload, spec, options);
    whole.run();
    const Found expected = found_by(whole, workload, options);
    EXPECT_GT(expected.checked, 0);
    // Cycles in steps of 71; every other machine stops and goes on twice.
    for (int64_t stop = 0; stop < expected.latency + 20; stop += 71) {
      Machine first(workload, spec, options);
      first.run(stop);
      std::string state = first.state();
      if (stop % 2 == 1) {
        Machine second(workload, spec, options);
        second.restore(state);
        second.run(stop + 50);
        state = second.state();
      }
      Machine last(workload, spec, options);
      last.restore(state);
      last.run();
      expect_equal(expected, found_by(last, workload, options), stop);
      if (HasFatalFailure() || HasNonfatalFailure()) return;
    }
  }
}

TEST(MachineState, OfAnotherMachineIsRefused) {
  const auto spec = testing::package(2, 2, 3);
  const auto workload = busy_workload(spec);
  Machine machine(workload, spec, {});
  machine.run(100);
  std::string state = machine.state();
  state.pop_back();
  Machine other(workload, spec, {});
  EXPECT_THROW(other.restore(state), core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::sim
