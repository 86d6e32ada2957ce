#pragma once
// What one inference asks of the hardware: tasks on tiles, messages between them, and the real bits
// at the boundaries. Plain data, made by map/, consumed by analytic/ and sim/ (which never see each
// other).

#include "ranvier/arch/package.hpp"
#include "ranvier/codec/codec.hpp"
#include "ranvier/codec/wire.hpp"
#include "ranvier/core/quantity.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ranvier::workload {

enum class TaskKind : uint8_t {
  kSource,   // the input image appears on a tile at time 0; takes no time
  kCompute,  // neurons of one layer on one tile (one time step of them in an SNN)
  kEncode,   // one boundary block in a near-side gateway core
  kDecode,   // the same block in the far-side gateway core
};

/// A task starts when all its messages have arrived and its tile is free; ready tasks of a tile run
/// in index order.
struct Task {
  core::TileId tile;
  TaskKind kind = TaskKind::kCompute;
  int32_t layer = -1;  // index into Workload::layer_names
  int32_t step = 0;    // time step of an SNN
  int32_t block = -1;  // index into Workload::blocks for encode and decode
  int64_t macs = 0;
  int64_t acs = 0;
  int64_t lif_updates = 0;
  int64_t weight_read_bits = 0;
  int64_t state_read_bits = 0;
  int64_t state_write_bits = 0;
  int64_t events = 0;        // encode, decode: events of the frame (dense codecs: every element)
  int64_t rans_symbols = 0;  // encode, decode: through the entropy coder
  core::Cycles service;      // core cycles from the start to the last output
  core::Cycles stream;  // of them, the last in which the flits of the first message get ready one
                        // after the other; 0: all at the end
};

/// The numbers are those of trace files.
enum class MessageKind : uint8_t { kDense, kSpikes, kBoundary, kControl };

/// `packets` packets of `flits_per_packet` flits, injected back to back when the source task has
/// them ready, one flit per cycle. A boundary message (encode -> decode) takes its packets from the
/// encoder's real bits; the counts here are what map/ expects, and the simulator fails when they
/// differ.
struct Message {
  int32_t source = -1;  // task index
  int32_t target = -1;  // task index
  MessageKind kind = MessageKind::kDense;
  int32_t packets = 1;
  int32_t flits_per_packet = 1;
  int32_t bits_per_flit = 0;
  int64_t bits = 0;     // sum over all flits, link overhead excluded
  bool branch = false;  // its packets are those of the message before: sent once, they fork on the
                        // way

  int64_t flits() const { return int64_t{packets} * flits_per_packet; }
  /// Every flit is bits_per_flit wide but the first, which has what is left (a boundary's header
  /// packet).
  int64_t first_flit_bits() const { return bits - (flits() - 1) * bits_per_flit; }
};

/// Equal packets in a row: the first flit of each may be narrower or wider than the others.
struct PacketRun {
  int32_t packets = 1;
  int32_t flits = 1;            // per packet
  int32_t first_flit_bits = 0;  // of each packet
  int32_t flit_bits = 0;        // of its other flits

  int64_t bits_per_packet() const { return first_flit_bits + int64_t{flits - 1} * flit_bits; }
  bool operator==(const PacketRun&) const = default;
};

/// Elements of one boundary that cross together: one encoder, one lane, one decoder.
struct Block {
  int32_t boundary = 0;  // index into Workload::boundaries
  int32_t step = -1;     // SNN: the one time step this block carries; otherwise -1 (whole window)
  std::vector<uint32_t> elements;  // positions in the boundary tensor (CHW), the order on the wire
  std::vector<uint16_t> channel;   // of each element
  std::vector<int16_t> current;    // encoder input; empty for SNN blocks
  std::vector<int16_t> symbols;    // SNN blocks: [elements] spikes of `step`; otherwise empty
  std::vector<int32_t>
      expected;  // values the trained integer network used on the far chip (SNN: the symbols)
};

struct BoundaryInfo {
  std::string name;
  codec::BoundaryParams params;
  codec::WireKind wire = codec::WireKind::kAuto;
  int64_t elements = 0;
};

struct Workload {
  std::string name;  // variant
  std::vector<std::string> layer_names;
  std::vector<Task> tasks;
  std::vector<Message> messages;  // grouped by source task, in order of injection
  std::vector<Block> blocks;
  std::vector<BoundaryInfo> boundaries;
  int32_t tiles_used = 0;
  int32_t chips_used = 0;
};

/// Errors: ContractViolation for broken references, unsorted or empty messages, blocks without
/// exactly one encoder, decoder and boundary message, block arrays of unequal length, dependency
/// cycles. Cost: O(tasks + messages + elements).
void check(const Workload& workload, const arch::PackageSpec& package);

/// Messages of task t: indices [first[t], first[t + 1]) of the list. [tasks + 1].
std::vector<size_t> first_messages(const Workload& workload);

/// Messages from `message` on that share its packets, itself included. Cost: O(their number).
size_t sharers(const Workload& workload, size_t message);

/// Every task after all tasks that it waits for; tasks of a cycle are left out.
std::vector<size_t> topological_order(const Workload& workload);

bool converts(const Task& task);

/// Core cycles a compute task takes: the sum over its operation kinds of ceil(ops / throughput).
core::Cycles compute_cycles(const Task& task, const arch::ComputeSpec& compute);

}  // namespace ranvier::workload
