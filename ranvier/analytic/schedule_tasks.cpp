// Tasks on their tiles, and their messages up to the injection port.

#include "ranvier/analytic/list_scheduler.hpp"

#include <algorithm>
#include <functional>

namespace ranvier::analytic {

using workload::Message;
using workload::Task;

void ListScheduler::make_ready(int32_t task) {
  TaskState& state = tasks_[static_cast<size_t>(task)];
  state.stood = tile_of(task).stood;
  doubt_order(task, state.ready);
  std::vector<int32_t>& ready = tile_of(task).ready;
  ready.push_back(task);
  std::ranges::push_heap(ready, std::greater<>{});
  events_.push(state.ready, EventKind::kPick, tile_number(task));
}

/// A task that becomes ready when another has just begun on its tile might have gone first.
void ListScheduler::doubt_order(int32_t task, int64_t time) {
  const TileState& tile = tile_of(task);
  if (!tile.busy) return;
  TaskState& running = tasks_[static_cast<size_t>(tile.task)];
  const int64_t margin = running.doubt + tasks_[static_cast<size_t>(task)].latest - time;
  if (time - tile.started >= margin) return;
  running.doubt += workload_.tasks[static_cast<size_t>(task)].service.value();
}

void ListScheduler::pick(int32_t tile, int64_t time) {
  TileState& state = tiles_[static_cast<size_t>(tile)];
  if (state.busy || state.ready.empty()) return;
  std::ranges::pop_heap(state.ready, std::greater<>{});
  const int32_t task = state.ready.back();
  state.ready.pop_back();
  state.busy = true;
  const Task& work = workload_.tasks[static_cast<size_t>(task)];
  const int64_t end = time + work.service.value();
  TaskState& begun = tasks_[static_cast<size_t>(task)];
  int64_t latest = begun.latest;
  if (state.task >= 0) {
    const TaskState& before = tasks_[static_cast<size_t>(state.task)];
    latest = std::max(latest, before.end + before.doubt);
  }
  begun.doubt = std::max<int64_t>(0, latest - time);
  begun.stood = std::min(state.stood - begun.stood, time - begun.ready);
  begun.worked = end;
  state.task = task;
  state.started = time;
  if (streams(task)) events_.push(end - work.stream.value(), EventKind::kFirst, task);
  events_.push(end, EventKind::kDone, task);
}

/// The first message begins while the task still works.
void ListScheduler::begin_output(int32_t task, int64_t time) {
  const size_t first = plan_.first_message[static_cast<size_t>(task)];
  put_out(tile_of(task), plan_.branches.root(static_cast<int32_t>(first)));
  inject_next(tile_number(task), time);
}

/// Appends to what leaves the tile.
void ListScheduler::put_out(TileState& tile, int32_t message) {
  (tile.first_out == kNoMessage ? tile.first_out
                                : records_[static_cast<size_t>(tile.last_out)].behind) = message;
  tile.last_out = message;
}

void ListScheduler::finish(int32_t task, int64_t time) {
  const auto index = static_cast<size_t>(task);
  tasks_[index].end = time;
  const size_t begun = streams(task) ? 1 : 0;
  for (size_t m = plan_.first_message[index] + begun; m < plan_.first_message[index + 1]; ++m) {
    if (workload_.messages[m].branch) continue;
    put_out(tile_of(task), plan_.branches.root(static_cast<int32_t>(m)));
  }
  const int32_t tile = tile_number(task);
  const bool stalled = stalls(task);
  inject_next(tile, time);
  if (stalled) {
    leave_when_sent(tile, time);
  } else {
    leave(tile, time);
  }
}

void ListScheduler::leave(int32_t tile, int64_t time) {
  TileState& state = tiles_[static_cast<size_t>(tile)];
  state.stood += time - tasks_[static_cast<size_t>(state.task)].end;
  state.busy = false;
  events_.push(time, EventKind::kPick, tile);
}

/// Whether more flits than the output buffer holds wait behind a converter; notes which of them is
/// the last that must be gone.
bool ListScheduler::stalls(int32_t task) {
  if (!workload::converts(workload_.tasks[static_cast<size_t>(task)])) return false;
  const auto index = static_cast<size_t>(task);
  int64_t flits = 0;
  for (size_t m = plan_.first_message[index]; m < plan_.first_message[index + 1]; ++m) {
    if (!workload_.messages[m].branch) flits += workload_.messages[m].flits();
  }
  int64_t flit = flits - package_.converter.output_flits - 1;
  if (flit < 0) return false;
  auto message = static_cast<int32_t>(plan_.first_message[index]);
  for (; message_at(message).branch || flit >= message_at(message).flits(); ++message) {
    if (!message_at(message).branch) flit -= message_at(message).flits();
  }
  tile_of(task).holder = plan_.branches.root(message);
  tile_of(task).held_flit = flit;
  return true;
}

/// Frees the tile when it is known when the flit leaves that its converter waits for.
void ListScheduler::leave_when_sent(int32_t tile, int64_t time) {
  TileState& state = tiles_[static_cast<size_t>(tile)];
  if (state.holder < 0) return;
  const Message& of = message_at(state.holder);
  const TrainRecord& train = records_[static_cast<size_t>(state.holder)];
  if (train.started < 0) return;
  if (train_of(state.holder).leaves_die) {
    const Leg& leg = plan_.way(static_cast<size_t>(state.holder)).front();
    const int64_t behind = of.flits() - 1 - state.held_flit;
    const bool in_port = !train.entered || held(leg.side, leg.lane) == state.holder;
    const int64_t waiting = links_[static_cast<size_t>(leg.side)].waiting(leg.lane);
    if (in_port && (!train.entered || waiting > near_buffer_ + behind)) return;
  }
  const int64_t end = tasks_[static_cast<size_t>(of.source)].end;
  const int64_t sent =
      flit_time(train.started, train.injected - 1, state.held_flit, of.flits()) + 1;
  state.holder = kNoMessage;
  events_.push(std::max({time, sent, end}), EventKind::kLeave, tile);
}

/// What is known of a train before anything moves.
Train ListScheduler::make_train(int32_t message) const {
  const auto index = static_cast<size_t>(message);
  const Message& of = message_at(message);
  const auto way = plan_.way(index);
  Train train;
  train.flits = of.flits();
  train.stream = stream_cycles(package_.router, train.flits, way);
  train.leg = static_cast<int32_t>(plan_.first_leg[index]);
  train.legs_left = static_cast<uint16_t>(way.size());
  train.source = of.source;
  train.target = of.target;
  train.one_packet = of.packets == 1;
  if (plan_.branches.root(message) != message) return train;  // another one is sent for it
  train.leaves_die = !way.empty() && way.front().side != kOnChip && way.front().hops == 1;
  const size_t opening = plan_.first_message[static_cast<size_t>(of.source)];
  train.opens_stream =
      streams(of.source) && message == plan_.branches.root(static_cast<int32_t>(opening));
  return train;
}

/// Messages leave a tile one after the other, one flit per cycle.
void ListScheduler::inject_next(int32_t tile, int64_t time) {
  TileState& state = tiles_[static_cast<size_t>(tile)];
  if (state.first_out == kNoMessage) return;
  if (time < state.port_free) return release_later(tile);
  const int32_t message = state.first_out;
  Train& train = train_of(message);
  TrainRecord& record = records_[static_cast<size_t>(message)];
  state.first_out = record.behind;
  begin_leg(message);
  int64_t last = time + train.stream;
  if (train.opens_stream) {
    last = std::max(last, tasks_[static_cast<size_t>(train.source)].worked);
  }
  record.started = train.flits == 1 ? last : time;
  train.head = record.started + kPortCycles;
  train.tail = last + kPortCycles;
  record.injected = last + 1;
  if (!passages_.empty()) part_ways(message);
  events_.push_head(train.head, message);
  state.port_free = train.leaves_die ? kNever : record.injected;
  if (state.first_out != kNoMessage) release_later(tile);
  leave_when_sent(tile, time);
}

/// An event for when the injection port is free again, unless there is one or nobody knows.
void ListScheduler::release_later(int32_t tile) {
  TileState& state = tiles_[static_cast<size_t>(tile)];
  if (state.release_due || state.port_free == kNever) return;
  state.release_due = true;
  events_.push(state.port_free, EventKind::kRelease, tile);
}

void ListScheduler::release(int32_t tile, int64_t time) {
  tiles_[static_cast<size_t>(tile)].release_due = false;
  inject_next(tile, time);
}

/// A gateway's port is free again when what still waits of its message fits the buffers on the way
/// to the serialiser.
void ListScheduler::release_when_drained(int32_t side, int lane, int64_t time) {
  const int32_t message = held(side, lane);
  if (message < 0) return;
  const int32_t tile = tile_number(message_at(message).source);
  leave_when_sent(tile, time);
  if (links_[static_cast<size_t>(side)].waiting(lane) > near_buffer_) return;
  const int64_t injected = records_[static_cast<size_t>(message)].injected;
  const int64_t freed = std::max(time, injected);
  TileState& state = tiles_[static_cast<size_t>(tile)];
  for (int32_t behind = state.first_out; behind != kNoMessage;
       behind = records_[static_cast<size_t>(behind)].behind) {
    int64_t& wait = train_of(behind).leaves_die ? records_[static_cast<size_t>(behind)].link_wait
                                                : train_of(behind).mesh_wait;
    wait += freed - injected;
  }
  held(side, lane) = -1;
  state.port_free = freed;
  if (state.first_out != kNoMessage) release_later(tile);
}

}  // namespace ranvier::analytic
