#include "ranvier/sim/machine.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sim/checkpoint.hpp"
#include "ranvier/sim/state_archive.hpp"

#include <fmt/format.h>

namespace ranvier::sim {
namespace {

/// Flits of every message between its tiles, as the workload announces them; of trees more than
/// there are, which only unbalances the shares.
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

std::string pending_work(const Pulse& all) {
  return fmt::format("{} flits under way, {} tasks unfinished", all.under_way, all.open);
}

}  // namespace

Machine::Machine(const workload::Workload& workload, const arch::PackageSpec& package,
                 const Options& options, RoutingFunction routing, int parts)
    : options_(options),
      parts_(parts > 0 ? parts : options.team.parts()),
      lowered_(lower(package)),
      partition_(lowered_, expected_loads(workload, lowered_), parts_) {
  const Range mine = processes_of(options.team.rank(), options.team.ranks(), partition_.parts());
  for (int part = mine.first; part < mine.last; ++part) {
    processes_.push_back(std::make_unique<WorkloadProcess>(
        workload, package, options, Share{.partition = partition_, .index = part}, routing));
  }
  conductor_.emplace(partition_, options.team, processes_, options.watchdog_cycles, pending_work);
  if (options.checkpoint.file.empty()) return;
  RANVIER_CONTRACT(options.team.ranks() == 1, "several ranks keep no checkpoints");
  conductor_->keep_with([this, clock = CheckpointClock(options.checkpoint)](bool last) mutable {
    if (last || clock.due()) write_state(options_.checkpoint, state());
  });
}

template <class Archive>
void Machine::persist(Archive& archive) {
  for (const auto& process : processes_) process->persist(archive);
  archive(*conductor_);
}

std::string Machine::state() {
  StateWriter writer;
  writer(parts_);
  persist(writer);
  return {reinterpret_cast<const char*>(writer.bytes().data()), writer.bytes().size()};
}

int Machine::parts_of(std::string_view state) {
  int parts = 0;
  StateReader reader(std::as_bytes(std::span(state)));
  reader(parts);
  return parts;
}

void Machine::restore(std::string_view state) {
  StateReader reader(std::as_bytes(std::span(state)));
  int parts = 0;
  reader(parts);
  RANVIER_CONTRACT(parts == parts_, "a state of a machine that is shared out alike");
  persist(reader);
  RANVIER_CONTRACT(reader.at_end(), "a state holds the members of the machine and no more");
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
  StateWriter out;
  out(mine);
  RunRecord sum;
  transport->gather(out.bytes(), [&](int, auto bytes) {
    RunRecord one;
    StateReader in(bytes);
    in(one);
    sum.add(one);
  });
  return sum;
}

}  // namespace ranvier::sim
