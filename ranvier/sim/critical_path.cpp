#include "ranvier/sim/critical_path.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>

namespace ranvier::sim {
namespace {

struct Parts {
  int64_t compute = 0, network = 0, serialise = 0, crossing = 0, queue = 0;
};

/// Zero-load cycles that flits spend behind each other: on chip one per flit; over links the beats
/// of the slowest.
int64_t serialisation(const Lowered& lowered, const workload::Message& message, int crossings) {
  const int64_t flits = message.flits();
  if (crossings == 0) return flits - 1;
  const CrossingTiming& crossing = lowered.crossing;
  const auto beats = [&](int64_t bits) {
    return core::ceil_div(bits + crossing.overhead_bits, crossing.wires);
  };
  const int64_t first = beats(message.first_flit_bits());
  const int64_t others = beats(message.bits_per_flit) * (flits - 1);
  const int64_t on_link = crossing.clocks.core_cycles_in(first * crossings + others, false);
  return std::max(flits - 1, on_link);
}

int64_t crossing_constant(const CrossingTiming& crossing) {
  return crossing.merge + crossing.fifo_source + crossing.fifo_sync + crossing.split +
         crossing.clocks.core_cycles_in(crossing.fifo_sync + crossing.fifo_source, true);
}

/// Cycles from the end of the source task to the first flit: behind its own earlier messages, or
/// behind others.
void add_wait(Parts& parts, const std::vector<workload::Message>& messages,
              const Traffic::Times& times, int32_t index) {
  int64_t ahead = 0;
  while (messages[static_cast<size_t>(index)].branch) --index;
  for (int32_t m = index - 1; m >= 0; --m) {
    const auto& earlier = messages[static_cast<size_t>(m)];
    if (earlier.source != messages[static_cast<size_t>(index)].source) break;
    if (!earlier.branch) ahead += earlier.flits();
  }
  const int64_t waited = times.injected - times.offered;
  parts.serialise += std::min(waited, ahead);
  parts.queue += waited - std::min(waited, ahead);
}

/// Of the messages of its task: the one that streams.
bool is_first(const std::vector<workload::Message>& messages, int32_t index) {
  while (messages[static_cast<size_t>(index)].branch) --index;
  const auto m = static_cast<size_t>(index);
  return m == 0 || messages[m - 1].source != messages[m].source;
}

void add_message(Parts& parts, const workload::Workload& workload, const Lowered& lowered,
                 const Traffic::Times& times, int32_t index) {
  const auto& message = workload.messages[static_cast<size_t>(index)];
  const auto tile = [&](int32_t task) {
    return workload.tasks[static_cast<size_t>(task)].tile.index();
  };
  add_wait(parts, workload.messages, times, index);
  const Route route = xy_route(lowered, tile(message.source), tile(message.target));
  int64_t left = times.delivered - times.injected;
  const auto take = [&](int64_t& part, int64_t cycles) {
    const int64_t taken = std::clamp<int64_t>(cycles, 0, left);
    part += taken;
    left -= taken;
  };
  take(parts.network,
       int64_t{lowered.mesh.hop()} * route.routers + kInjectionCycles + kEjectionCycles);
  take(parts.crossing, crossing_constant(lowered.crossing) * route.crossings);
  const int64_t serialised = serialisation(lowered, message, route.crossings);
  take(parts.serialise, serialised);
  if (is_first(workload.messages, index)) {
    const auto& source = workload.tasks[static_cast<size_t>(message.source)];
    take(parts.compute, source.stream.value() - serialised);
  }
  parts.queue += left;
}

/// The task that ended last, of several the one with the highest index; -1 without tasks.
int32_t last_task(const RunRecord& record) {
  int32_t last = -1;
  int64_t end = -1;
  for (size_t task = 0; task < record.tasks.size(); ++task) {
    if (record.tasks[task].end < end) continue;
    end = record.tasks[task].end;
    last = static_cast<int32_t>(task);
  }
  return last;
}

}  // namespace

Breakdown critical_path(const RunRecord& run, const workload::Workload& workload,
                        const Lowered& lowered) {
  Parts parts;
  int32_t task = last_task(run);
  int64_t until = run.network.latency;  // when the task gave what came of it
  while (task >= 0) {
    const TaskSchedule::Record& record = run.tasks[static_cast<size_t>(task)];
    const int64_t worked = std::min(until, record.worked);
    parts.compute += worked - record.start;
    parts.queue += until - worked;
    if (record.message >= 0) {
      const auto message = static_cast<size_t>(record.message);
      add_message(parts, workload, lowered, run.times[message], record.message);
      task = workload.messages[message].source;
      until = run.times[message].offered;
    } else {
      task = record.predecessor;
      until = task >= 0 ? run.tasks[static_cast<size_t>(task)].end : 0;
    }
  }
  RANVIER_CONTRACT(parts.compute + parts.network + parts.serialise + parts.crossing + parts.queue ==
                       run.network.latency,
                   "the critical path adds up to the latency");
  return {.compute = core::Cycles(parts.compute),
          .network = core::Cycles(parts.network),
          .serialise = core::Cycles(parts.serialise),
          .crossing = core::Cycles(parts.crossing),
          .queue = core::Cycles(parts.queue)};
}

}  // namespace ranvier::sim
