// How much faster are two threads, or two ranks, than one on a package of 4x4 chips under load?
//
//   build/bench/parallel_bench                 one thread against two
//   mpirun -n 2 build/bench/parallel_bench     one rank against all of them
//
// Speed-ups are ratios of wall time within one run and mean something on an idle machine only. What
// does not depend on other programs: how evenly the work is shared, windows, records and bytes; and
// `ideal`, from what the busiest logical process does in each window, in processor time and in
// moves of flits: the speed-up if keeping step cost nothing.

#include "ranvier/mpi/world.hpp"
#include "ranvier/sim/machine.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/sim/test_traffic.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>

namespace {

using namespace ranvier;

constexpr int kRepeats = 3;

arch::PackageSpec package() {
  arch::PackageSpec spec;
  spec.chips_x = spec.chips_y = 4;
  spec.chip.mesh = 8;
  spec.core_clock = core::Hertz(1e9);
  spec.serdes = {16, core::Hertz(16e9), core::Picoseconds(4000), core::Picoseconds(0)};
  spec.router.buffer_flits = 8;
  return spec;
}

double seconds(const auto& job) {
  const auto start = std::chrono::steady_clock::now();
  job();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

int64_t moves(const sim::LogicalProcess& process) {
  return process.mesh().moves() + process.emio().moves();
}

/// Best of some runs of the simulation alone. [s]
double run(const workload::Workload& load, const arch::PackageSpec& spec, const sim::Team& team) {
  double best = 1e9;
  for (int i = 0; i < kRepeats; ++i) {
    sim::Machine machine(load, spec, {.team = team});
    best = std::min(best, seconds([&] { machine.run(); }));
  }
  return best;
}

/// What the busiest process of each window needs, summed over the windows.
struct Way {
  double seconds = 0;  // of processor time
  int64_t moves = 0;   // of flits: does not depend on the machine
};

Way longest_once(const workload::Workload& load, const arch::PackageSpec& spec, int parts) {
  const sim::Lowered lowered = sim::lower(spec);
  const sim::Partition partition(lowered, std::vector<int64_t>(16), parts);
  std::vector<std::unique_ptr<sim::WorkloadProcess>> processes;
  for (int part = 0; part < parts; ++part) {
    processes.push_back(std::make_unique<sim::WorkloadProcess>(
        load, spec, sim::Options{}, sim::Share{.partition = partition, .index = part},
        sim::route_xy));
  }
  Way longest;
  for (int64_t next = 0; next != sim::kNever;) {
    Way most;
    for (auto& process : processes) {
      const double start = processor_seconds();
      const int64_t before = moves(*process);
      process->run(next + sim::lookahead(lowered));
      most.seconds = std::max(most.seconds, processor_seconds() - start);
      most.moves = std::max(most.moves, moves(*process) - before);
    }
    longest.seconds += most.seconds;
    longest.moves += most.moves;
    sim::Pulse pulse;
    for (size_t to = 0; to < processes.size(); ++to) {
      for (size_t from = 0; from < processes.size(); ++from) {
        if (from == to) continue;
        processes[to]->receive(processes[from]->border().outbox(static_cast<int>(to)));
      }
      pulse.add(processes[to]->pulse());
    }
    next = pulse.next;
  }
  return longest;
}

/// Runs `parts` processes in turn; the least time of some runs.
Way longest_way(const workload::Workload& load, const arch::PackageSpec& spec, int parts) {
  Way least{.seconds = 1e9};
  for (int i = 0; i < kRepeats; ++i) {
    const Way way = longest_once(load, spec, parts);
    least = {std::min(least.seconds, way.seconds), way.moves};
  }
  return least;
}

void print_ideal(const workload::Workload& load, const arch::PackageSpec& spec) {
  const Way one = longest_way(load, spec, 1);
  sim::Machine machine(load, spec, {});
  machine.run();
  std::printf("%lld core cycles in windows of %lld; one process needs %.3f s of processor time\n",
              static_cast<long long>(machine.conductor().now()),
              static_cast<long long>(sim::lookahead(sim::lower(spec))), one.seconds);
  for (const int parts : {2, 4, 8, 16}) {
    const Way way = longest_way(load, spec, parts);
    std::printf("ideal speed-up of %2d processes: %5.2f by time, %5.2f by moves\n", parts,
                one.seconds / way.seconds,
                static_cast<double>(one.moves) / static_cast<double>(way.moves));
  }
}

void print(const char* who, double time, double alone, const sim::Effort& effort) {
  const auto windows = static_cast<double>(effort.windows);
  std::printf(
      "%-10s %8.3f s  speed-up %5.2f  moves %9lld (busiest process %9lld)  windows %7lld  "
      "per window: %5.1f flits, %5.1f credits, %7.0f bytes\n",
      who, time, alone / time, static_cast<long long>(effort.moves),
      static_cast<long long>(effort.busiest), static_cast<long long>(effort.windows),
      static_cast<double>(effort.flits) / windows, static_cast<double>(effort.credits) / windows,
      static_cast<double>(effort.bytes) / windows);
}

}  // namespace

int main() {
  const auto world = mpi::join_world();
  const auto spec = package();
  const auto load = sim::testing::uniform_traffic(spec, 0.0125, 4, 8000, 1);
  const bool first = world == nullptr || world->rank() == 0;
  sim::Effort effort;
  double alone = 0;
  if (first) alone = run(load, spec, {.effort = &effort});
  if (first) print("alone", alone, alone, effort);
  if (world != nullptr) {
    world->sum({});
    const double time = run(load, spec, {.transport = world.get(), .effort = &effort});
    if (first) print("ranks", time, alone, effort);
    return 0;
  }
  const double two = run(load, spec, {.threads = 2, .effort = &effort});
  print("2 threads", two, alone, effort);
  print_ideal(load, spec);
  return 0;
}
