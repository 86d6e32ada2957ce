#include "ranvier/sim/recorder.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace ranvier::sim {
namespace {

/// Indices of the messages into each task. [tasks]
std::vector<std::vector<int64_t>> messages_into(const workload::Workload& workload) {
  std::vector<std::vector<int64_t>> into(workload.tasks.size());
  for (size_t m = 0; m < workload.messages.size(); ++m) {
    into[static_cast<size_t>(workload.messages[m].target)].push_back(static_cast<int64_t>(m));
  }
  return into;
}

/// [messages] the one whose packets it shares, or itself.
std::vector<size_t> senders(const workload::Workload& workload) {
  std::vector<size_t> senders;
  for (size_t m = 0; m < workload.messages.size(); ++m) {
    senders.push_back(workload.messages[m].branch ? senders.back() : m);
  }
  return senders;
}

/// A tile injects one flit per cycle, so its messages never share a cycle of injection unless they
/// share packets.
std::vector<size_t> injection_order(const Result& result) {
  std::vector<size_t> order(result.messages.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto key = [&](size_t m) {
    return std::tuple(result.messages[m].offered, result.messages[m].injected, m);
  };
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return key(a) < key(b); });
  return order;
}

}  // namespace

workload::Trace trace_of(const workload::Workload& workload, const arch::PackageSpec& package,
                         const Result& result) {
  RANVIER_CONTRACT(result.messages.size() == workload.messages.size() &&
                       result.shapes.size() == workload.messages.size(),
                   "a trace needs recorded messages");
  const auto into = messages_into(workload);
  workload::Trace trace{.name = workload.name, .messages = {}};
  const std::vector<size_t> sent_by = senders(workload);
  for (const size_t m : injection_order(result)) {
    const auto& message = workload.messages[m];
    const auto source = static_cast<size_t>(message.source);
    const core::Cycles offered = result.messages[m].offered;
    core::Cycles last;
    for (const int64_t earlier : into[source]) {
      last = std::max(last, result.messages[static_cast<size_t>(earlier)].delivered);
    }
    const size_t sender = sent_by[m];
    const bool first = sender == 0 || workload.messages[sender - 1].source != message.source;
    const auto& target = workload.tasks[static_cast<size_t>(message.target)];
    trace.messages.push_back({.id = static_cast<int64_t>(m),
                              .time = offered,
                              .source = arch::coordinates(package, workload.tasks[source].tile),
                              .target = arch::coordinates(package, target.tile),
                              .kind = message.kind,
                              .packets = result.shapes[sender],
                              .depends = into[source],
                              .delay = into[source].empty() ? core::Cycles(0) : offered - last,
                              .spread = first ? workload.tasks[source].stream : core::Cycles(0),
                              .shares = message.branch ? static_cast<int64_t>(sender) : -1});
  }
  return trace;
}

}  // namespace ranvier::sim
