#include "ranvier/sim/replay.hpp"

#include "ranvier/sim/account.hpp"
#include "ranvier/sim/conductor.hpp"
#include "ranvier/sim/event_queue.hpp"
#include "ranvier/sim/link_errors.hpp"
#include "ranvier/sim/logical_process.hpp"
#include "ranvier/sim/machine.hpp"
#include "ranvier/sim/run_record.hpp"
#include "ranvier/sim/traffic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>

namespace ranvier::sim {
namespace {

/// The row whose packets this one shares.
size_t sender_of(const workload::Trace& trace, size_t row) {
  while (trace.messages[row].shares >= 0) --row;
  return row;
}

std::vector<MessageEnds> trace_ends(const workload::Trace& trace, const arch::PackageSpec& package,
                                    int virtual_channels) {
  std::vector<MessageEnds> ends;
  for (size_t row = 0; row < trace.messages.size(); ++row) {
    const auto& message = trace.messages[row];
    ends.push_back({.source = arch::tile_at(package, message.source).index(),
                    .target = arch::tile_at(package, message.target).index(),
                    .packets = static_cast<int32_t>(message.packet_count()),
                    .flits = message.flits(),
                    .vc = static_cast<int32_t>(message.id % virtual_channels)});
    if (message.shares >= 0) ++ends[sender_of(trace, row)].branches;
  }
  return ends;
}

/// Packets as the trace sizes them.
class TraceMessages final : public MessagePort, public Cargo {
 public:
  explicit TraceMessages(const workload::Trace& trace)
      : trace_(trace), cursors_(trace.messages.size()) {}

  Packet open(int32_t message, int32_t) override {
    Cursor& cursor = cursors_[static_cast<size_t>(message)];
    const auto& runs = trace_.messages[static_cast<size_t>(message)].packets;
    if (cursor.used == runs[cursor.run].packets) cursor = {cursor.run + 1, 0};
    ++cursor.used;
    const workload::PacketRun& run = runs[cursor.run];
    Packet packet;
    packet.flits = run.flits;
    packet.head_bits = flit_width(run.first_flit_bits);
    packet.body_bits = run.flits > 1 ? flit_width(run.flit_bits) : packet.head_bits;
    return packet;
  }
  void packet_arrived(int32_t, int32_t) override {}
  void pack(uint32_t, const Packet&, Writer&) override {}
  void unpack(uint32_t, const Packet&, Reader&) override {}

 private:
  struct Cursor {
    size_t run = 0;
    int32_t used = 0;  // packets of that run
  };
  const workload::Trace& trace_;
  std::vector<Cursor> cursors_;  // [messages]
};

/// Which message from the tiles of a process is offered when.
class Releases {
 public:
  Releases(const workload::Trace& trace, const std::vector<MessageEnds>& ends, const Share& share)
      : trace_(trace), open_(trace.messages.size()), dependents_(trace.messages.size()) {
    std::unordered_map<int64_t, size_t> row_of;
    for (size_t row = 0; row < trace.messages.size(); ++row) {
      row_of.emplace(trace.messages[row].id, row);
    }
    for (size_t row = 0; row < trace.messages.size(); ++row) {
      const auto& message = trace.messages[row];
      if (!share.owns(ends[row].source) || message.shares >= 0) continue;
      ++waiting_;
      open_[row] = message.depends.size();
      if (message.depends.empty()) due_.emplace(message.time.value(), static_cast<int32_t>(row));
      for (const int64_t id : message.depends) {
        dependents_[row_of.at(id)].push_back(static_cast<int32_t>(row));
      }
    }
  }

  void arrived(int32_t row, int64_t now) {
    for (const int32_t next : dependents_[static_cast<size_t>(row)]) {
      if (--open_[static_cast<size_t>(next)] > 0) continue;
      due_.emplace(now + trace_.messages[static_cast<size_t>(next)].delay.value(), next);
    }
  }

  int64_t next_cycle() const { return due_.empty() ? kNever : due_.top().first; }
  int32_t pop() {
    const int32_t row = due_.top().second;
    due_.pop();
    --waiting_;
    return row;
  }
  int64_t waiting() const { return waiting_; }  // messages that were not offered

 private:
  using Due = std::pair<int64_t, int32_t>;  // cycle, row

  const workload::Trace& trace_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::vector<size_t> open_;                      // [messages] dependencies that have not arrived
  std::vector<std::vector<int32_t>> dependents_;  // [messages]
  int64_t waiting_ = 0;
};

class ReplayProcess final : public LogicalProcess {
 public:
  ReplayProcess(const workload::Trace& trace, const std::vector<MessageEnds>& ends,
                const Share& share, const Options& options)
      : LogicalProcess(share, 0, route_xy, options.order_seed,
                       link_errors(share.lowered(), options.error_seed, options.faults)),
        trace_(trace),
        messages_(trace),
        traffic_(ends, messages_, lowered(), pool(), routers(), events_),
        releases_(trace, ends, share) {
    connect(traffic_, messages_, &traffic_.trees());
  }

  RunRecord record() const {
    RunRecord record;
    record.network = network_record(*this);
    record.network.counts = traffic_.counts();
    record.network.latency = latency_;
    record.times = traffic_.times();
    return record;
  }

 private:
  /// Arrivals first: what they release in this cycle is offered in the order of the trace.
  void begin(int64_t now) override {
    while (events_.next_cycle() == now) {
      latency_ = std::max(latency_, now);
      releases_.arrived(events_.pop().id, now);
    }
    while (releases_.next_cycle() == now) {
      const int32_t row = releases_.pop();
      traffic_.offer(row, now, trace_.messages[static_cast<size_t>(row)].spread.value());
    }
  }

  void inject(int64_t now, core::Rng* order) override { traffic_.step(now, order); }

  int64_t next_of_tiles(int64_t now) override {
    return std::min({events_.next_cycle(), releases_.next_cycle(), traffic_.next_after(now)});
  }

  Pulse count() const override {
    return {.moves = traffic_.counts().flits_in,
            .under_way = traffic_.flits_under_way(),
            .open = releases_.waiting()};
  }

  const workload::Trace& trace_;
  EventQueue events_;
  TraceMessages messages_;
  Traffic traffic_;
  Releases releases_;
  int64_t latency_ = 0;
};

std::vector<int64_t> expected_loads(const workload::Trace& trace,
                                    const std::vector<MessageEnds>& ends, const Lowered& lowered) {
  std::vector<Load> loads;
  for (size_t row = 0; row < ends.size(); ++row) {
    int64_t flits = 0;
    for (const auto& run : trace.messages[row].packets) flits += int64_t{run.packets} * run.flits;
    loads.push_back({ends[row].source, ends[row].target, flits});
  }
  return chip_loads(lowered, loads);
}

/// A message that is released on one chip by an arrival on another would need no time to know of
/// it: such a trace has no lookahead. Ours have none of these.
bool releases_across_chips(const workload::Trace& trace, const std::vector<MessageEnds>& ends,
                           const Lowered& lowered) {
  std::unordered_map<int64_t, size_t> row_of;
  for (size_t row = 0; row < trace.messages.size(); ++row) {
    row_of.emplace(trace.messages[row].id, row);
  }
  const auto chip = [&](int32_t router) { return lowered.chip_of[static_cast<size_t>(router)]; };
  for (size_t row = 0; row < trace.messages.size(); ++row) {
    for (const int64_t id : trace.messages[row].depends) {
      if (chip(ends[row_of.at(id)].target) != chip(ends[row].source)) return true;
    }
  }
  return false;
}

std::string pending_messages(const Pulse& all) {
  return fmt::format("{} flits under way, {} messages not offered", all.under_way, all.open);
}

/// Runs the trace to its end. The whole record, on every rank.
RunRecord run(const workload::Trace& trace, const Lowered& lowered,
              const std::vector<MessageEnds>& ends, const Options& options) {
  const Team& team = options.team;
  const int most = releases_across_chips(trace, ends, lowered) ? 1 : team.parts();
  const Partition partition(lowered, expected_loads(trace, ends, lowered), most);
  const Range mine = processes_of(team.rank(), team.ranks(), partition.parts());
  Conductor::Processes processes;
  for (int part = mine.first; part < mine.last; ++part) {
    processes.push_back(std::make_unique<ReplayProcess>(
        trace, ends, Share{.partition = partition, .index = part}, options));
  }
  Conductor conductor(partition, team, processes, options.watchdog_cycles, pending_messages);
  conductor.run();
  RunRecord record;
  for (const auto& process : processes) {
    record.add(static_cast<const ReplayProcess&>(*process).record());
  }
  return sum_of_ranks(std::move(record), team.transport);
}

}  // namespace

Result replay(const workload::Trace& trace, const arch::PackageSpec& package,
              const Options& options) {
  workload::check_tiles(trace, package);
  workload::check_sharing(trace, package);
  const Lowered lowered = lower(package);
  const auto ends = trace_ends(trace, package, lowered.mesh.virtual_channels);
  const RunRecord record = run(trace, lowered, ends, options);
  audit(record.network, lowered);
  Result result;
  result.latency = core::Cycles(record.network.latency);
  fill_network(record.network, lowered, result);
  result.ledger = network_ledger(record.network, lowered);
  for (const Traffic::Times& times : record.times) result.messages.push_back(message_times(times));
  return result;
}

}  // namespace ranvier::sim
