// Tasks on their tiles, and their messages up to the injection port.

#include "ranvier/analytic/list_scheduler.hpp"

#include <algorithm>

namespace ranvier::analytic {

using workload::Message;
using workload::Task;

void ListScheduler::make_ready(int32_t task, int64_t time) {
  tasks_[static_cast<size_t>(task)].ready = time;
  tile_of(task).ready.insert(task);
  const Task& of = workload_.tasks[static_cast<size_t>(task)];
  events_.push({time, EventKind::kPick, of.tile.index()});
}

void ListScheduler::pick(int32_t tile, int64_t time) {
  TileState& state = tiles_[static_cast<size_t>(tile)];
  if (state.busy || state.ready.empty()) return;
  const int32_t task = *state.ready.begin();
  state.ready.erase(state.ready.begin());
  state.busy = true;
  const Task& work = workload_.tasks[static_cast<size_t>(task)];
  const int64_t end = time + work.service.value();
  tasks_[static_cast<size_t>(task)].worked = end;
  if (streams(task)) events_.push({end - work.stream.value(), EventKind::kFirst, task});
  events_.push({end, EventKind::kDone, task});
}

/// The first message begins while the task still works.
void ListScheduler::begin_output(int32_t task, int64_t time) {
  tile_of(task).outgoing.push_back(static_cast<int32_t>(first_message_[static_cast<size_t>(task)]));
  inject_next(workload_.tasks[static_cast<size_t>(task)].tile.index(), time);
}

void ListScheduler::finish(int32_t task, int64_t time) {
  const auto index = static_cast<size_t>(task);
  tasks_[index].end = time;
  const size_t begun = streams(task) ? 1 : 0;
  for (size_t m = first_message_[index] + begun; m < first_message_[index + 1]; ++m) {
    tile_of(task).outgoing.push_back(static_cast<int32_t>(m));
  }
  const int32_t tile = workload_.tasks[index].tile.index();
  const bool stalled = stalls(task);
  inject_next(tile, time);
  if (stalled) {
    leave_when_sent(tile, time);
  } else {
    leave(tile, time);
  }
}

void ListScheduler::leave(int32_t tile, int64_t time) {
  tiles_[static_cast<size_t>(tile)].busy = false;
  events_.push({time, EventKind::kPick, tile});
}

/// Whether more flits than the output buffer holds wait behind a converter; notes which of them is
/// the last that must be gone.
bool ListScheduler::stalls(int32_t task) {
  if (!workload::converts(workload_.tasks[static_cast<size_t>(task)])) return false;
  const auto index = static_cast<size_t>(task);
  int64_t flits = 0;
  for (size_t m = first_message_[index]; m < first_message_[index + 1]; ++m) {
    flits += message_at(static_cast<int32_t>(m)).flits();
  }
  int64_t flit = flits - package_.converter.output_flits - 1;
  if (flit < 0) return false;
  auto message = static_cast<int32_t>(first_message_[index]);
  for (; flit >= message_at(message).flits(); ++message) flit -= message_at(message).flits();
  tile_of(task).holder = message;
  tile_of(task).held_flit = flit;
  return true;
}

/// Frees the tile when it is known when the flit leaves that its converter waits for.
void ListScheduler::leave_when_sent(int32_t tile, int64_t time) {
  TileState& state = tiles_[static_cast<size_t>(tile)];
  if (state.holder < 0) return;
  const Message& of = message_at(state.holder);
  const Train& train = trains_[static_cast<size_t>(state.holder)];
  if (train.started < 0) return;
  if (leaves_the_die(of)) {
    const auto source = static_cast<size_t>(of.source);
    const auto at = arch::coordinates(package_, workload_.tasks[source].tile);
    const auto target = static_cast<size_t>(of.target);
    const Hop hop =
        next_hop(package_, at, arch::coordinates(package_, workload_.tasks[target].tile));
    const int64_t side = side_index(package_, at, hop.direction);
    const auto lane = static_cast<size_t>(side * package_.chip.mesh + hop.lane);
    const auto behind = static_cast<size_t>(of.flits() - 1 - state.held_flit);
    const bool in_port = !train.entered || held_[lane] == state.holder;
    const size_t waiting = links_[static_cast<size_t>(side)].waiting(hop.lane);
    if (in_port && (!train.entered || waiting > near_buffer_ + behind)) return;
  }
  const int64_t end = tasks_[static_cast<size_t>(of.source)].end;
  const int64_t sent =
      flit_time(train.started, train.injected - 1, state.held_flit, of.flits()) + 1;
  state.holder = -1;
  events_.push({std::max({time, sent, end}), EventKind::kLeave, tile});
}

/// Messages leave a tile one after the other, one flit per cycle.
void ListScheduler::inject_next(int32_t tile, int64_t time) {
  TileState& state = tiles_[static_cast<size_t>(tile)];
  if (state.injecting || state.outgoing.empty()) return;
  const int32_t message = state.outgoing.front();
  state.outgoing.pop_front();
  state.injecting = true;
  const Message& of = message_at(message);
  Train& train = trains_[static_cast<size_t>(message)];
  const int64_t stream = stream_cycles(package_.router, of.flits());
  train.at = arch::coordinates(package_, workload_.tasks[static_cast<size_t>(of.source)].tile);
  const int64_t last = std::max(time + stream, last_ready(message));
  train.started = of.flits() == 1 ? last : time;
  train.head = train.started + kPortCycles;
  train.tail = last + kPortCycles;
  train.injected = last + 1;
  events_.push({train.head, EventKind::kHead, message});
  if (!leaves_the_die(of)) events_.push({train.injected, EventKind::kRelease, tile});
  leave_when_sent(tile, time);
}

void ListScheduler::release(int32_t tile, int64_t time) {
  tiles_[static_cast<size_t>(tile)].injecting = false;
  inject_next(tile, time);
}

/// A gateway's port is free again when what still waits of its message fits the buffers on the way
/// to the serialiser.
void ListScheduler::release_when_drained(int32_t side, int lane, int64_t time) {
  int32_t& held = held_[static_cast<size_t>(side) * static_cast<size_t>(package_.chip.mesh) +
                        static_cast<size_t>(lane)];
  if (held < 0) return;
  leave_when_sent(workload_.tasks[static_cast<size_t>(message_at(held).source)].tile.index(), time);
  if (links_[static_cast<size_t>(side)].waiting(lane) > near_buffer_) return;
  const int64_t injected = trains_[static_cast<size_t>(held)].injected;
  const int64_t freed = std::max(time, injected);
  const int32_t source = message_at(held).source;
  for (const int32_t behind : tile_of(source).outgoing) {
    Train& train = trains_[static_cast<size_t>(behind)];
    (leaves_the_die(message_at(behind)) ? train.link_wait : train.mesh_wait) += freed - injected;
  }
  events_.push(
      {freed, EventKind::kRelease, workload_.tasks[static_cast<size_t>(source)].tile.index()});
  held = -1;
}

}  // namespace ranvier::analytic
