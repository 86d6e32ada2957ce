// From rows as files give them to a trace that can run: defaults, sizes, ids, dependencies.

#include "ranvier/core/error.hpp"
#include "ranvier/workload/trace_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace ranvier::workload {
namespace {

class Builder {
 public:
  Builder(const std::vector<TraceRow>& rows, const arch::PackageSpec& package,
          const RefuseCell& refuse)
      : rows_(rows), package_(package), refuse_(refuse) {}

  Trace build(std::string name) {
    Trace trace{.name = std::move(name), .messages = {}};
    for (size_t row = 0; row < rows_.size(); ++row) trace.messages.push_back(message(row));
    check_dependencies();
    check_cycles();
    for (size_t row = 0; row < rows_.size(); ++row) check_shared(trace.messages, row);
    return trace;
  }

 private:
  TraceMessage message(size_t row) {
    const TraceRow& given = rows_[row];
    const int64_t id = given.id.value_or(static_cast<int64_t>(row));
    within(row, "id", id, 0, kMostCycles);
    if (!row_of_.emplace(id, row).second) {
      refuse_(row, "id", fmt::to_string(id), "an id that no other message has", "");
    }
    within(row, "time_cycles", given.time, 0, kMostCycles);
    within(row, "delay_cycles", given.delay, 0, kMostCycles);
    within(row, "spread_cycles", given.spread, 0, kMostCycles);
    within(row, "shares", given.shares, -1, kMostCycles);
    if (given.delay > 0 && given.depends.empty()) {
      refuse_(row, "delay_cycles", fmt::to_string(given.delay),
              "0 for a message without dependencies", "Give the sum in time_cycles.");
    }
    return {.id = id,
            .time = core::Cycles(given.time),
            .source = tile(row, "source", given.source_x, given.source_y),
            .target = tile(row, "target", given.target_x, given.target_y),
            .kind = given.kind.value_or(MessageKind::kDense),
            .packets = packets(row),
            .depends = given.depends,
            .delay = core::Cycles(given.delay),
            .spread = core::Cycles(given.spread),
            .shares = given.shares};
  }

  void within(size_t row, const char* column, int64_t value, int64_t low, int64_t high) const {
    if (value >= low && value <= high) return;
    refuse_(row, column, fmt::to_string(value), fmt::format("{}..{}", low, high), "");
  }

  arch::Coordinates tile(size_t row, const std::string& end, int64_t x, int64_t y) const {
    const auto check = [&](const std::string& column, int64_t value, int size) {
      if (value >= 0 && value < size) return;
      refuse_(row, column, fmt::to_string(value),
              fmt::format("0..{}, the tiles of the package", size - 1),
              "hardware.chips_x, hardware.chips_y and hardware.mesh make it larger.");
    };
    check(end + "_x", x, package_.width());
    check(end + "_y", y, package_.height());
    return {static_cast<int>(x), static_cast<int>(y)};
  }

  std::vector<PacketRun> packets(size_t row) const {
    const TraceRow& given = rows_[row];
    if (given.runs.empty()) return equal_packets(row);
    int64_t packets = 0, flits = 0, bits = 0;
    for (const PacketRun& run : given.runs) {
      check_run(row, run);
      packets += run.packets;
      flits += int64_t{run.packets} * run.flits;
      within(row, "flits", flits, 1, kMostFlits);
      bits += run.packets * run.bits_per_packet();
    }
    require_sum(row, "packets", given.packets.value_or(packets), packets);
    require_sum(row, "flits", given.flits.value_or(flits), flits);
    require_sum(row, "bits", given.bits, bits);
    return given.runs;
  }

  void check_run(size_t row, const PacketRun& run) const {
    const int64_t other = run.flits > 1 ? run.flit_bits : 1;
    if (run.packets > 0 && run.flits > 0 && run.first_flit_bits > 0 && other > 0 &&
        std::max<int64_t>(run.first_flit_bits, other) <= kMostFlitBits) {
      return;
    }
    refuse_(row, "shape",
            fmt::format("{}x{}x{}+{}", run.packets, run.flits, run.first_flit_bits, run.flit_bits),
            fmt::format("at least 1 packet and flit, and 1..{} bits per flit", kMostFlitBits), "");
  }

  void require_sum(size_t row, const char* column, int64_t given, int64_t sum) const {
    if (given == sum) return;
    refuse_(row, column, fmt::to_string(given), fmt::format("{}, the sum over shape", sum), "");
  }

  /// All flits equally wide; what is left over goes with the very first one.
  std::vector<PacketRun> equal_packets(size_t row) const {
    const TraceRow& given = rows_[row];
    within(row, "bits", given.bits, 1, kMostFlits * kMostFlitBits);
    const int64_t packets = given.packets.value_or(1);
    const int64_t least = core::ceil_div(given.bits, package_.packet.flit_bits());
    const int64_t flits = given.flits.value_or(
        core::ceil_div(least, std::max<int64_t>(packets, 1)) * std::max<int64_t>(packets, 1));
    within(row, "packets", packets, 1, kMostFlits);
    within(row, "flits", flits, packets, kMostFlits);
    if (flits % packets != 0) {
      refuse_(row, "flits", fmt::to_string(flits), fmt::format("a multiple of {} packets", packets),
              "Other packets need a shape.");
    }
    const int64_t width = given.bits / flits;
    const int64_t first = given.bits - width * (flits - 1);
    if (width < 1 || first > kMostFlitBits) {
      refuse_(row, "bits", fmt::to_string(given.bits),
              fmt::format("1..{} bits for each of {} flits", kMostFlitBits, flits), "");
    }
    const auto each = static_cast<int32_t>(flits / packets);
    const auto body = static_cast<int32_t>(width);
    std::vector<PacketRun> runs{{1, each, static_cast<int32_t>(first), each > 1 ? body : 0}};
    if (packets > 1) {
      runs.push_back({static_cast<int32_t>(packets - 1), each, body, each > 1 ? body : 0});
    }
    return runs;
  }

  void check_dependencies() const {
    for (size_t row = 0; row < rows_.size(); ++row) {
      auto depends = rows_[row].depends;
      std::sort(depends.begin(), depends.end());
      const auto twice = std::adjacent_find(depends.begin(), depends.end());
      if (twice != depends.end()) {
        refuse_(row, "depends", fmt::format("{} twice", *twice), "every id once", "");
      }
      for (const int64_t id : depends) {
        if (row_of_.contains(id)) continue;
        refuse_(row, "depends", fmt::to_string(id), "ids of messages in this trace", "");
      }
    }
  }

  /// Takes away messages whose dependencies are all gone (Kahn 1962); what stays is in a cycle or
  /// behind one.
  void check_cycles() const {
    std::vector<std::vector<size_t>> dependents(rows_.size());
    std::vector<size_t> open(rows_.size()), free;
    for (size_t row = 0; row < rows_.size(); ++row) {
      open[row] = rows_[row].depends.size();
      if (open[row] == 0) free.push_back(row);
      for (const int64_t id : rows_[row].depends) dependents[row_of_.at(id)].push_back(row);
    }
    for (size_t done = 0; done < free.size(); ++done) {
      for (const size_t row : dependents[free[done]]) {
        if (--open[row] == 0) free.push_back(row);
      }
    }
    if (free.size() == rows_.size()) return;
    const auto stuck = std::find_if(open.begin(), open.end(), [](size_t left) { return left > 0; });
    const auto row = static_cast<size_t>(stuck - open.begin());
    refuse_(row, "depends", fmt::format("{}", fmt::join(rows_[row].depends, ";")),
            "dependencies that do not form a cycle",
            fmt::format("{} messages wait for each other.", rows_.size() - free.size()));
  }

  /// A message that shares packets stands behind them, and is the same but for its target.
  void check_shared(const std::vector<TraceMessage>& messages, size_t row) const {
    const TraceMessage& message = messages[row];
    if (message.shares < 0) return;
    const TraceMessage* const before = row > 0 ? &messages[row - 1] : nullptr;
    const int64_t sender = before == nullptr    ? -1
                           : before->shares < 0 ? before->id
                                                : before->shares;
    if (message.shares != sender) {
      refuse_(row, "shares", fmt::to_string(message.shares),
              "the id of the row before, or what that row shares", "");
    }
    TraceMessage same = *before;
    same.id = message.id;
    same.target = message.target;
    same.shares = message.shares;
    if (same == message) return;
    refuse_(row, "shares", fmt::to_string(message.shares),
            fmt::format("a message that differs from {} in id and target only", before->id),
            "Shared packets are sent once, from one tile at one time.");
  }

  const std::vector<TraceRow>& rows_;
  const arch::PackageSpec& package_;
  const RefuseCell& refuse_;
  std::unordered_map<int64_t, size_t> row_of_;  // by id
};

}  // namespace

Trace trace_of_rows(std::string name, const std::vector<TraceRow>& rows,
                    const arch::PackageSpec& package, const RefuseCell& refuse) {
  return Builder(rows, package, refuse).build(std::move(name));
}

}  // namespace ranvier::workload
