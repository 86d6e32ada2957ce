#pragma once
// A message trace: what was sent from tile to tile, and what had to arrive before. Sizes only, no
// values, so that networks of others run here and ours elsewhere. Schema: docs/models/trace.md.

#include "ranvier/arch/package.hpp"
#include "ranvier/core/quantity.hpp"
#include "ranvier/workload/workload.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::workload {

struct TraceMessage {
  int64_t id = 0;
  core::Cycles time;  // earliest offering; with dependencies: when it was offered while recording
  arch::Coordinates source, target;  // global tiles
  MessageKind kind = MessageKind::kDense;
  std::vector<PacketRun> packets;  // in order of injection
  std::vector<int64_t> depends;    // ids of messages that must have arrived
  core::Cycles delay;              // from the arrival of the last of them to the offering
  core::Cycles spread{0};          // from the offering until its last flit is ready
  int64_t shares = -1;             // id of an earlier message: its packets come here, too

  int64_t packet_count() const;
  int64_t flits() const;
  int64_t bits() const;  // link overhead excluded
  bool operator==(const TraceMessage&) const = default;
};

/// Messages that one tile offers in one cycle are injected in the order of the trace. Those that
/// share the packets of one follow it directly, and differ from it in id and target only.
struct Trace {
  std::string name;
  std::vector<TraceMessage> messages;
  bool operator==(const Trace&) const = default;
};

/// "dense", "spikes", "boundary", "control"; the position of a name is its number in HDF5 files.
std::vector<std::string> message_kind_names();
std::string_view to_string(MessageKind kind);

/// Errors: UserError naming the message and its tile off the package.
void check_tiles(const Trace& trace, const arch::PackageSpec& package);

/// Errors: UserError naming a message whose shared packets are longer than a fork buffer.
void check_sharing(const Trace& trace, const arch::PackageSpec& package);

/// Writes CSV for the extension .csv, HDF5 otherwise; whole or absent.
/// Errors: RunError when the file cannot be written.
void write_trace(const Trace& trace, const std::filesystem::path& path);

/// Reads what write_trace wrote, and files of others with the required columns only: missing sizes
/// become one packet of flits as wide as the package's. Errors: UserError naming file, line or
/// dataset, column, what was given and what is allowed: a missing or unknown column, an unknown
/// kind, a tile off the package, times below 0, sizes that do not fit each other, an id that stands
/// twice, a dependency on no message or on itself in a cycle, shared packets that differ, a
/// truncated file. Cost: O(messages + dependencies).
Trace read_trace(const std::filesystem::path& path, const arch::PackageSpec& package);

}  // namespace ranvier::workload
