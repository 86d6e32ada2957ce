#include "ranvier/sim/noc_machine.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

namespace ranvier::sim {
namespace {

constexpr int64_t kPatience = 1'000'000;  // cycles without a move, link flight apart: deadlock

class NocProcess final : public LogicalProcess {
 public:
  NocProcess(const OpenLoopSpec& traffic, const Targets& targets, const Share& share,
             uint64_t order_seed)
      : LogicalProcess(share, 0, route_xy, order_seed, link_errors(share.lowered(), traffic.seed)),
        traffic_(traffic, targets, share, pool(), routers()) {
    connect(traffic_, traffic_);
  }

  const OpenLoop& traffic() const { return traffic_; }
  int64_t in_flight() const {
    return static_cast<int64_t>(packets().in_flight()) - border().shared_packets();
  }

 private:
  void begin(int64_t) override {}
  void inject(int64_t now, core::Rng* order) override { traffic_.step(now, order); }
  int64_t next_of_tiles(int64_t now) override { return traffic_.next_after(now); }
  Pulse count() const override {
    return {.under_way = in_flight(), .arrived = traffic_.measured().packet.count()};
  }

  OpenLoop traffic_;
};

const NocProcess& noc(const std::unique_ptr<LogicalProcess>& process) {
  return static_cast<const NocProcess&>(*process);
}

std::string pending_packets(const Pulse& all) {
  return fmt::format("{} packets under way", all.under_way);
}

}  // namespace

NocMachine::NocMachine(const arch::PackageSpec& package, const OpenLoopSpec& traffic,
                       const Targets& targets, uint64_t order_seed, const Team& team)
    : lowered_(lower(package)),
      partition_(lowered_,
                 std::vector<int64_t>(static_cast<size_t>(package.chips_x * package.chips_y)),
                 team.parts()) {
  RANVIER_CONTRACT(team.ranks() == 1, "synthetic traffic runs in one operating-system process");
  for (int part = 0; part < partition_.parts(); ++part) {
    processes_.push_back(std::make_unique<NocProcess>(
        traffic, targets, Share{.partition = partition_, .index = part}, order_seed));
  }
  const int64_t flight = lowered_.crossing.clocks.core_cycles_in(traffic.flit_bits, true);
  conductor_.emplace(partition_, team, processes_, kPatience + flight, pending_packets);
}

int64_t NocMachine::flit_hops() const {
  int64_t sum = 0;
  for (const auto& process : processes_) sum += process->mesh().moves();
  return sum;
}

int64_t NocMachine::in_flight() const {
  int64_t sum = 0;
  for (const auto& process : processes_) sum += noc(process).in_flight();
  return sum;
}

int64_t NocMachine::packets_out() const {
  int64_t sum = 0;
  for (const auto& process : processes_) sum += noc(process).traffic().packets_out();
  return sum;
}

OpenLoop::Measured NocMachine::measured() const {
  OpenLoop::Measured sum;
  for (const auto& process : processes_) sum.add(noc(process).traffic().measured());
  return sum;
}

NetworkRecord NocMachine::network() const {
  NetworkRecord sum;
  for (const auto& process : processes_) sum.add(network_record(*process));
  sum.latency = now();
  return sum;
}

const OpenLoop& NocMachine::tile(int tile) const {
  return noc(processes_[static_cast<size_t>(partition_.of_router(tile))]).traffic();
}

}  // namespace ranvier::sim
