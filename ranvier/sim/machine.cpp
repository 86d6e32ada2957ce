#include "ranvier/sim/machine.hpp"

#include <fmt/format.h>

namespace ranvier::sim {
namespace {

/// Flits of every message between its tiles, as the workload announces them.
std::vector<int64_t> expected_loads(const workload::Workload& workload, const Lowered& lowered) {
  std::vector<Load> loads;
  for (const auto& message : workload.messages) {
    const auto tile = [&](int32_t task) {
      return workload.tasks[static_cast<size_t>(task)].tile.index();
    };
    loads.push_back({tile(message.source), tile(message.target), message.flits()});
  }
  return chip_loads(lowered, loads);
}

std::string pending(const Pulse& all) {
  return fmt::format("{} flits under way, {} tasks unfinished", all.under_way, all.open);
}

}  // namespace

Machine::Machine(const workload::Workload& workload, const arch::PackageSpec& package,
                 const Options& options, RoutingFunction routing)
    : options_(options),
      lowered_(lower(package)),
      partition_(lowered_, expected_loads(workload, lowered_), options.team.parts()) {
  const Range mine = processes_of(options.team.rank(), options.team.ranks(), partition_.parts());
  for (int part = mine.first; part < mine.last; ++part) {
    processes_.push_back(std::make_unique<WorkloadProcess>(
        workload, package, options, Share{.partition = partition_, .index = part}, routing));
  }
  conductor_.emplace(partition_, options.team, processes_, options.watchdog_cycles, pending);
}

RunRecord Machine::record() const {
  RunRecord mine;
  for (const auto& process : processes_) {
    mine.add(static_cast<const WorkloadProcess&>(*process).record());
  }
  return sum_of_ranks(std::move(mine), options_.team.transport);
}

RunRecord sum_of_ranks(RunRecord mine, Transport* transport) {
  if (transport == nullptr || transport->ranks() == 1) return mine;
  Bytes bytes;
  Writer out(bytes);
  pack(mine, out);
  RunRecord sum;
  transport->gather(bytes, [&](int, auto one) {
    Reader in(one);
    sum.add(unpack_run_record(in));
  });
  return sum;
}

}  // namespace ranvier::sim
