#include "ranvier/sim/replay.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/interrupt.hpp"
#include "ranvier/sim/account.hpp"
#include "ranvier/sim/link_errors.hpp"
#include "ranvier/sim/watchdog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_map>
#include <utility>

namespace ranvier::sim {
namespace {

constexpr int64_t kInterruptPeriod = 4096;  // cycles that are run between two looks at the flag

std::vector<MessageEnds> trace_ends(const workload::Trace& trace, const arch::PackageSpec& package,
                                    int virtual_channels) {
  std::vector<MessageEnds> ends;
  for (const auto& message : trace.messages) {
    ends.push_back({.source = arch::tile_at(package, message.source).index(),
                    .target = arch::tile_at(package, message.target).index(),
                    .packets = static_cast<int32_t>(message.packet_count()),
                    .flits = message.flits(),
                    .vc = static_cast<int32_t>(message.id % virtual_channels)});
  }
  return ends;
}

/// Packets as the trace sizes them.
class TraceMessages final : public MessagePort {
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

 private:
  struct Cursor {
    size_t run = 0;
    int32_t used = 0;  // packets of that run
  };
  const workload::Trace& trace_;
  std::vector<Cursor> cursors_;  // [messages]
};

/// Which message is offered when.
class Releases {
 public:
  explicit Releases(const workload::Trace& trace)
      : trace_(trace), open_(trace.messages.size()), dependents_(trace.messages.size()) {
    std::unordered_map<int64_t, size_t> row_of;
    for (size_t row = 0; row < trace.messages.size(); ++row) {
      row_of.emplace(trace.messages[row].id, row);
    }
    for (size_t row = 0; row < trace.messages.size(); ++row) {
      const auto& message = trace.messages[row];
      open_[row] = message.depends.size();
      if (message.depends.empty()) due_.emplace(message.time.value(), static_cast<int32_t>(row));
      for (const int64_t id : message.depends) {
        dependents_[row_of.at(id)].push_back(static_cast<int32_t>(row));
      }
    }
    waiting_ = trace.messages.size();
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
  size_t waiting() const { return waiting_; }  // messages that were not offered

 private:
  using Due = std::pair<int64_t, int32_t>;  // cycle, row

  const workload::Trace& trace_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::vector<size_t> open_;                      // [messages] dependencies that have not arrived
  std::vector<std::vector<int32_t>> dependents_;  // [messages]
  size_t waiting_ = 0;
};

class ReplayMachine {
 public:
  ReplayMachine(const workload::Trace& trace, const arch::PackageSpec& package,
                const Options& options)
      : trace_(trace),
        options_(options),
        lowered_(lower(package)),
        errors_(link_errors(lowered_, options.error_seed, options.faults)),
        mesh_(lowered_),
        emio_(lowered_, errors_, packets_, mesh_, 0),
        messages_(trace),
        traffic_(trace_ends(trace, package, lowered_.mesh.virtual_channels), messages_, lowered_,
                 packets_, mesh_, events_),
        releases_(trace),
        order_(options.order_seed),
        watchdog_(options.watchdog_cycles) {
    mesh_.connect(traffic_, emio_);
  }

  void run() {
    core::Rng* const order = options_.order_seed != 0 ? &order_ : nullptr;
    int64_t steps = 0;
    for (int64_t now = 0; now != kNever;) {
      run_events(now);
      emio_.step(now);
      traffic_.step(now, order);
      mesh_.step(now, order);
      watch(now);
      if (++steps % kInterruptPeriod == 0) core::check_interrupt("the replay was not finished");
      const int64_t next =
          std::min({events_.next_cycle(), releases_.next_cycle(), emio_.next_cycle(),
                    traffic_.next_after(now), mesh_.next_after(now)});
      if (next == kNever && (traffic_.under_way() || releases_.waiting() > 0)) report_deadlock(now);
      now = next;
    }
  }

  NetworkView network() const { return {lowered_, mesh_, emio_, traffic_, packets_, latency_}; }

 private:
  /// Arrivals first: what they release in this cycle is offered in the order of the trace.
  void run_events(int64_t now) {
    while (events_.next_cycle() == now) {
      latency_ = std::max(latency_, now);
      releases_.arrived(events_.pop().id, now);
    }
    while (releases_.next_cycle() == now) {
      const int32_t row = releases_.pop();
      traffic_.offer(row, now, trace_.messages[static_cast<size_t>(row)].spread.value());
    }
  }

  void watch(int64_t now) {
    const int64_t moves = traffic_.counts().flits_in + mesh_.moves() + emio_.moves();
    if (watchdog_.is_stuck(moves, traffic_.under_way(), now)) report_deadlock(now);
  }

  [[noreturn]] void report_deadlock(int64_t now) const {
    const auto& counts = traffic_.counts();
    const std::string cycle = mesh_.waiting_cycle();
    throw core::RunError(fmt::format(
        "deadlock in cycle {}: {} flits under way, {} messages not offered, none can move; {}", now,
        counts.flits_in - counts.flits_out, releases_.waiting(),
        cycle.empty() ? "no cycle of waiting channels" : "waiting channels: " + cycle));
  }

  const workload::Trace& trace_;
  Options options_;
  Lowered lowered_;
  LinkErrors errors_;
  EventQueue events_;
  PacketPool packets_;
  Mesh mesh_;
  Emio emio_;
  TraceMessages messages_;
  Traffic traffic_;
  Releases releases_;
  core::Rng order_;
  int64_t latency_ = 0;
  Watchdog watchdog_;
};

}  // namespace

Result replay(const workload::Trace& trace, const arch::PackageSpec& package,
              const Options& options) {
  workload::check_tiles(trace, package);
  ReplayMachine machine(trace, package, options);
  machine.run();
  const NetworkView network = machine.network();
  audit(network);
  Result result;
  result.latency = core::Cycles(network.latency);
  fill_network(network, result);
  result.ledger = network_ledger(network);
  for (size_t row = 0; row < trace.messages.size(); ++row) {
    result.messages.push_back(message_times(network.traffic, row));
  }
  return result;
}

}  // namespace ranvier::sim
