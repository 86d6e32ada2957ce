#include "ranvier/core/error.hpp"
#include "ranvier/workload/workload.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace ranvier::workload {
namespace {

arch::PackageSpec two_chips() {
  arch::PackageSpec package;
  package.chips_x = 2;
  package.chip.mesh = 4;
  return package;
}

Task task(int32_t tile, TaskKind kind, int32_t block = -1) {
  Task made;
  made.tile = core::TileId(tile);
  made.kind = kind;
  made.layer = 0;
  made.block = block;
  return made;
}

Message message(int32_t source, int32_t target, MessageKind kind) {
  Message made;
  made.source = source;
  made.target = target;
  made.kind = kind;
  made.bits_per_flit = 34;
  made.bits = 34;
  return made;
}

/// source -> compute -> encode -> decode -> compute over one block of two elements.
Workload small() {
  Workload workload;
  workload.layer_names = {"layer"};
  workload.tasks = {task(0, TaskKind::kSource), task(1, TaskKind::kCompute),
                    task(3, TaskKind::kEncode, 0), task(4, TaskKind::kDecode, 0),
                    task(5, TaskKind::kCompute)};
  workload.messages = {message(0, 1, MessageKind::kDense), message(1, 2, MessageKind::kDense),
                       message(2, 3, MessageKind::kBoundary), message(3, 4, MessageKind::kDense)};
  BoundaryInfo boundary;
  boundary.elements = 2;
  boundary.params.channels.resize(1);
  workload.boundaries = {boundary};
  Block block;
  block.elements = {0, 1};
  block.channel = {0, 0};
  block.current = {5, 7};
  block.expected = {1, 2};
  workload.blocks = {block};
  return workload;
}

void refuses(const Workload& workload, const std::string& words) {
  try {
    check(workload, two_chips());
    FAIL() << "accepted; expected: " << words;
  } catch (const core::ContractViolation& violation) {
    EXPECT_NE(std::string(violation.what()).find(words), std::string::npos) << violation.what();
  }
}

TEST(WorkloadCheck, AcceptsAWellFormedWorkload) { EXPECT_NO_THROW(check(small(), two_chips())); }

TEST(WorkloadCheck, AcceptsASpikingBlock) {
  Workload workload = small();
  workload.blocks[0].step = 0;
  workload.blocks[0].symbols = {1, 0};
  workload.blocks[0].current.clear();
  EXPECT_NO_THROW(check(workload, two_chips()));
}

TEST(WorkloadCheck, RefusesATileOffThePackage) {
  Workload workload = small();
  workload.tasks[1].tile = core::TileId(32);
  refuses(workload, "tile off package");
  workload.tasks[1].tile = core::TileId();
  refuses(workload, "tile off package");
}

TEST(WorkloadCheck, RefusesBrokenReferences) {
  Workload workload = small();
  workload.messages[0].target = 9;
  refuses(workload, "no such target");
  workload = small();
  workload.messages[0].source = -1;
  refuses(workload, "no such source");
  workload = small();
  workload.tasks[0].layer = 4;
  refuses(workload, "no such layer");
  workload = small();
  workload.tasks[2].block = 1;
  refuses(workload, "block belongs to");
  workload = small();
  workload.tasks[1].block = 0;
  refuses(workload, "block belongs to");
  workload = small();
  workload.blocks[0].boundary = 1;
  refuses(workload, "no such boundary");
}

TEST(WorkloadCheck, RefusesUnsortedAndEmptyMessages) {
  Workload workload = small();
  std::swap(workload.messages[0], workload.messages[1]);
  refuses(workload, "not grouped by source");
  workload = small();
  workload.messages[1].packets = 0;
  refuses(workload, "empty");
  workload = small();
  workload.messages[1].bits = 0;
  refuses(workload, "flits without bits");
}

TEST(WorkloadCheck, RefusesAWrongBoundaryPath) {
  Workload workload = small();
  workload.messages[2].kind = MessageKind::kDense;
  refuses(workload, "boundary messages join");
  workload = small();
  workload.messages[1].kind = MessageKind::kBoundary;
  refuses(workload, "boundary messages join");
  workload = small();
  workload.messages.erase(workload.messages.begin() + 2);
  refuses(workload, "0 messages");
  workload = small();
  workload.messages[0].target = 0;
  refuses(workload, "into a source task");
}

TEST(WorkloadCheck, RefusesBlocksWithMissingParts) {
  Workload workload = small();
  workload.blocks[0].elements[1] = 2;
  refuses(workload, "off the boundary tensor");
  workload = small();
  workload.blocks[0].channel[1] = 1;
  refuses(workload, "channel without parameters");
  workload = small();
  workload.blocks[0].current.pop_back();
  refuses(workload, "currents of a codec block");
  workload = small();
  workload.blocks[0].expected.clear();
  refuses(workload, "one entry per element");
  workload = small();
  workload.blocks[0] = Block{};
  refuses(workload, "no elements");
}

/// small() with a second decoder for the block, and a second reader of the first task.
Workload branching() {
  Workload workload = small();
  workload.tasks.push_back(task(20, TaskKind::kDecode, 0));
  workload.tasks.push_back(task(9, TaskKind::kCompute));
  for (const auto& [at, target] : {std::pair(3, 5), {1, 6}}) {
    Message branch = workload.messages[static_cast<size_t>(at - 1)];
    branch.target = target;
    branch.branch = true;
    workload.messages.insert(workload.messages.begin() + at, branch);
  }
  return workload;
}

TEST(WorkloadCheck, AcceptsMessagesThatSharePackets) {
  EXPECT_NO_THROW(check(branching(), two_chips()));
  EXPECT_EQ(sharers(branching(), 0), 2U);
  EXPECT_EQ(sharers(branching(), 1), 1U);
  EXPECT_EQ(sharers(branching(), 3), 2U);
}

TEST(WorkloadCheck, RefusesBranchesThatDiffer) {
  Workload workload = branching();
  workload.messages[1].bits = workload.messages[1].bits_per_flit = 12;
  refuses(workload, "differs from the message whose packets it shares");
  workload = branching();
  workload.messages[1].target = workload.messages[0].target;
  refuses(workload, "to the same task");
  workload = branching();
  workload.messages[0].branch = true;
  refuses(workload, "shares packets with no other");
  workload = branching();
  workload.messages[4].branch = false;
  refuses(workload, "2 messages, 0 branches");
  workload = branching();
  for (const size_t m : {0, 1}) {
    workload.messages[m].flits_per_packet = 200;
    workload.messages[m].bits = 200 * 34;
  }
  refuses(workload, "longer than a fork buffer");
}

TEST(WorkloadCheck, RefusesACycle) {
  Workload workload = small();
  workload.messages.push_back(message(4, 1, MessageKind::kControl));
  refuses(workload, "cycle");
  workload = small();
  workload.messages.push_back(message(4, 4, MessageKind::kControl));
  refuses(workload, "cycle");
}

TEST(ComputeCycles, AddsWhatEachKindOfOperationTakes) {
  arch::ComputeSpec compute;
  Task work;
  EXPECT_EQ(compute_cycles(work, compute).value(), 0);
  work.macs = compute.macs_per_cycle * 3 + 1;
  EXPECT_EQ(compute_cycles(work, compute).value(), 4);
  work.acs = 1;
  EXPECT_EQ(compute_cycles(work, compute).value(), 5);
  work.lif_updates = compute.lif_updates_per_cycle;
  EXPECT_EQ(compute_cycles(work, compute).value(), 6);
}

TEST(MessageWidths, TheFirstFlitTakesWhatTheOthersLeave) {
  Message aer = message(0, 1, MessageKind::kBoundary);
  aer.packets = 4;
  aer.bits_per_flit = 30;
  aer.bits = 3 * 30 + 32;
  EXPECT_EQ(aer.flits(), 4);
  EXPECT_EQ(aer.first_flit_bits(), 32);
}

}  // namespace
}  // namespace ranvier::workload
