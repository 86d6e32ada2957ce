#include "ranvier/sim/run_record.hpp"

#include <algorithm>
#include <span>

namespace ranvier::sim {
namespace {

/// Structures of counters, and of nothing else, count by count.
template <class T>
void add_counts(T& sum, const T& other) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(int64_t) == 0);
  int64_t a[sizeof(T) / sizeof(int64_t)];
  int64_t b[sizeof(T) / sizeof(int64_t)];
  std::memcpy(a, &sum, sizeof sum);
  std::memcpy(b, &other, sizeof other);
  for (size_t i = 0; i < std::size(a); ++i) a[i] += b[i];
  std::memcpy(&sum, a, sizeof sum);
}

/// Element by element; an empty list is one of nothings.
template <class T, class Add>
void add_all(std::vector<T>& sum, const std::vector<T>& other, Add add) {
  if (sum.empty()) {
    sum = other;
    return;
  }
  for (size_t i = 0; i < other.size(); ++i) add(sum[i], other[i]);
}

void take_later(Traffic::Times& times, const Traffic::Times& other) {
  times.offered = std::max(times.offered, other.offered);
  times.injected = std::max(times.injected, other.injected);
  times.delivered = std::max(times.delivered, other.delivered);
}

}  // namespace

void NetworkRecord::add(const NetworkRecord& other) {
  add_all(ports, other.ports, add_counts<PortUse>);
  add_all(sides, other.sides, add_counts<Emio::Use>);
  add_all(transmissions, other.transmissions, add_counts<int64_t>);
  add_counts(counts, other.counts);
  packets_left += other.packets_left;
  unrest += other.unrest;
  latency = std::max(latency, other.latency);
}

void RunRecord::add(const RunRecord& other) {
  network.add(other.network);
  add_all(times, other.times, take_later);
  add_all(tasks, other.tasks, [](TaskSchedule::Record& task, const TaskSchedule::Record& one) {
    if (one.end >= 0) task = one;
  });
  add_all(boundaries, other.boundaries, add_counts<Emio::Use>);
  add_all(totals, other.totals, add_counts<BoundaryCheck::Totals>);
  work += other.work;
  windows.add(other.windows);
  add_all(shapes, other.shapes, [](auto& shape, const auto& one) {
    if (!one.empty()) shape = one;
  });
}

NetworkRecord network_record(const LogicalProcess& process) {
  NetworkRecord record;
  const Lowered& lowered = process.lowered();
  record.ports.reserve(static_cast<size_t>(lowered.routers() * kPorts));
  for (int router = 0; router < lowered.routers(); ++router) {
    for (int p = 0; p < kPorts; ++p) {
      const auto port = static_cast<Port>(p);
      record.ports.push_back(
          {process.mesh().flits(router, port), process.mesh().bits(router, port)});
    }
  }
  for (size_t side = 0; side < lowered.sides.size(); ++side) {
    record.sides.push_back(process.emio().side_use(static_cast<int>(side)));
    record.transmissions.push_back(process.emio().transmissions(static_cast<int>(side)));
  }
  record.packets_left =
      static_cast<int64_t>(process.packets().in_flight()) - process.border().shared_packets();
  record.unrest = process.mesh().at_rest() && process.emio().at_rest() ? 0 : 1;
  return record;
}

}  // namespace ranvier::sim
