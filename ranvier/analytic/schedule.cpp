#include "ranvier/analytic/schedule.hpp"

#include "ranvier/analytic/crossing.hpp"
#include "ranvier/analytic/die_link.hpp"
#include "ranvier/analytic/route.hpp"
#include "ranvier/analytic/zero_load.hpp"

#include <algorithm>
#include <deque>
#include <queue>
#include <set>
#include <tuple>
#include <vector>

namespace ranvier::analytic {
namespace {

using workload::Message;
using workload::Task;
using workload::Workload;

/// In the order in which they are taken within one core cycle: a tile picks its next task last.
enum class EventKind : uint8_t { kHead, kDeliver, kGrant, kFirst, kDone, kRelease, kLeave, kPick };

struct Event {
  int64_t time = 0;  // core cycle
  EventKind kind = EventKind::kHead;
  int32_t index = 0;  // message, die side, task, or tile
  bool operator>(const Event& other) const {
    return std::tuple(time, kind, index) > std::tuple(other.time, other.kind, other.index);
  }
};

constexpr int64_t kUnknown = -1;

/// A message on its way: when its first and last flit reach the router at `at`.
struct Train {
  arch::Coordinates at;
  int64_t head = 0;
  int64_t tail = 0;      // kUnknown while the last flit has not been sent over a link
  int64_t started = -1;  // its first flit was injected
  int64_t injected = 0;  // the cycle after its last flit could leave an idle port
  bool entered = false;  // the link of its gateway knows its flits
  int64_t mesh_wait = 0;
  int64_t link_wait = 0;
};

/// What a task waited for, and after whom it came.
struct TaskState {
  int32_t open = 0;   // messages still to come
  int32_t last = -1;  // the message that came last
  int64_t ready = 0;
  int64_t worked = 0;  // when its service ends, known from its start
  int64_t end = 0;
};

struct TileState {
  std::set<int32_t> ready;
  bool busy = false;
  std::deque<int32_t> outgoing;  // messages in the order of the injection port
  bool injecting = false;
  int32_t holder = -1;  // message whose flit `held_flit` must leave before the converter can
  int64_t held_flit = 0;
  int64_t ejection_free = 0;
  int32_t ejecting = -1;        // a packet that trickles in from a link and keeps the port
  std::deque<int32_t> arrived;  // messages behind it, in the order of arrival
};

class ListScheduler {
 public:
  ListScheduler(const Workload& workload, const arch::PackageSpec& package)
      : workload_(workload),
        package_(package),
        crossing_(package),
        hop_(package.router.router_cycles + package.router.link_cycles),
        near_buffer_(static_cast<size_t>(package.emio.fifo_depth + package.router.buffer_flits)),
        tasks_(workload.tasks.size()),
        trains_(workload.messages.size()),
        tiles_(static_cast<size_t>(package.width() * package.height())),
        channel_free_(tiles_.size() * kDirections),
        first_message_(workload::first_messages(workload)) {
    const auto sides = static_cast<size_t>(package.chips_x * package.chips_y) * kDirections;
    held_.assign(sides * static_cast<size_t>(package.chip.mesh), -1);
    for (size_t s = 0; s < sides; ++s) {
      links_.emplace_back(crossing_, package);
    }
    for (const Message& message : workload.messages) {
      ++tasks_[static_cast<size_t>(message.target)].open;
    }
  }

  ScheduleResult run() {
    for (size_t t = 0; t < tasks_.size(); ++t) {
      if (tasks_[t].open == 0) make_ready(static_cast<int32_t>(t), 0);
    }
    while (!events_.empty()) {
      const Event event = events_.top();
      events_.pop();
      handle(event);
    }
    return summary();
  }

 private:
  void handle(const Event& event);
  void make_ready(int32_t task, int64_t time);
  void pick(int32_t tile, int64_t time);
  void begin_output(int32_t task, int64_t time);
  void finish(int32_t task, int64_t time);
  bool stalls(int32_t task);
  void leave_when_sent(int32_t tile, int64_t time);
  void leave(int32_t tile, int64_t time);
  void inject_next(int32_t tile, int64_t time);
  void release(int32_t tile, int64_t time);
  void release_when_drained(int32_t side, int lane, int64_t time);
  void advance(int32_t message);
  void eject(int32_t message);
  void finish_ejection(int32_t message);
  void unlock_ejection(int32_t message);
  bool trickles(int32_t message) const;
  void enter_link(int32_t message, const Hop& hop);
  void serve_link(int32_t side, int64_t time);
  void wake_link(int32_t side);
  void deliver(int32_t message, int64_t time);
  ScheduleResult summary() const;

  /// A message whose first hop crosses: a gateway's.
  bool leaves_the_die(const Message& message) const {
    const auto from =
        arch::coordinates(package_, workload_.tasks[static_cast<size_t>(message.source)].tile);
    const auto to =
        arch::coordinates(package_, workload_.tasks[static_cast<size_t>(message.target)].tile);
    return !(from == to) && next_hop(package_, from, to).crosses;
  }
  /// Whether the task's first message begins before the task ends.
  bool streams(int32_t task) const {
    const auto index = static_cast<size_t>(task);
    return workload_.tasks[index].stream.value() > 0 &&
           first_message_[index] < first_message_[index + 1];
  }
  /// When the last flit of the message is ready to be injected; 0: with the first.
  int64_t last_ready(int32_t message) const {
    const auto source = static_cast<size_t>(message_at(message).source);
    const bool first = static_cast<size_t>(message) == first_message_[source];
    return first && streams(message_at(message).source) ? tasks_[source].worked : 0;
  }
  const Message& message_at(int32_t index) const {
    return workload_.messages[static_cast<size_t>(index)];
  }
  TileState& tile_of(int32_t task) {
    return tiles_[static_cast<size_t>(workload_.tasks[static_cast<size_t>(task)].tile.index())];
  }

  const Workload& workload_;
  const arch::PackageSpec& package_;
  CrossingModel crossing_;
  int64_t hop_;         // P + L
  size_t near_buffer_;  // flits of a lane between its injection port and the serialiser
  std::vector<TaskState> tasks_;
  std::vector<Train> trains_;
  std::vector<TileState> tiles_;
  std::vector<int64_t> channel_free_;
  std::vector<size_t> first_message_;  // [task + 1]
  std::vector<DieLink> links_;
  std::vector<int32_t> held_;  // [side x lane] message that keeps its injection port, or -1
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
};

void ListScheduler::handle(const Event& event) {
  switch (event.kind) {
    case EventKind::kHead:
      return advance(event.index);
    case EventKind::kDeliver:
      return deliver(event.index, event.time);
    case EventKind::kGrant:
      return serve_link(event.index, event.time);
    case EventKind::kFirst:
      return begin_output(event.index, event.time);
    case EventKind::kDone:
      return finish(event.index, event.time);
    case EventKind::kLeave:
      return leave(event.index, event.time);
    case EventKind::kRelease:
      return release(event.index, event.time);
    case EventKind::kPick:
      return pick(event.index, event.time);
  }
}

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

/// The head has reached a router: take the next channel when it is free, or the ejection port.
void ListScheduler::advance(int32_t message) {
  const Message& of = message_at(message);
  Train& train = trains_[static_cast<size_t>(message)];
  const auto target =
      arch::coordinates(package_, workload_.tasks[static_cast<size_t>(of.target)].tile);
  if (train.at == target) return eject(message);
  const Hop hop = next_hop(package_, train.at, target);
  int64_t& free =
      channel_free_[static_cast<size_t>(channel_index(package_, train.at, hop.direction))];
  const int64_t wait = std::max<int64_t>(0, free - train.head);
  const int64_t stream = stream_cycles(package_.router, of.flits());
  train.mesh_wait += wait;
  train.head += wait;
  train.tail = std::max(train.tail, train.head + stream);
  // A packet holds a channel until its tail has passed; single-flit packets let others in between.
  free = of.packets == 1 ? train.tail + 1 : train.head + of.flits();
  train.head += hop_;
  train.tail += hop_;
  if (hop.crosses) return enter_link(message, hop);
  train.at = hop.next;
  events_.push({train.head, EventKind::kHead, message});
}

/// A packet that is still on a slow link keeps the port from its head on; the others wait until its
/// tail is known.
void ListScheduler::eject(int32_t message) {
  TileState& tile = tile_of(message_at(message).target);
  Train& train = trains_[static_cast<size_t>(message)];
  if (tile.ejecting >= 0) {
    tile.arrived.push_back(message);
    return;
  }
  const int64_t wait = std::max<int64_t>(0, tile.ejection_free - train.head);
  train.mesh_wait += wait;
  train.head += wait;
  if (train.tail == kUnknown) {
    tile.ejecting = message;
  } else {
    finish_ejection(message);
  }
}

void ListScheduler::finish_ejection(int32_t message) {
  const Message& of = message_at(message);
  Train& train = trains_[static_cast<size_t>(message)];
  train.tail = std::max(train.tail, train.head + stream_cycles(package_.router, of.flits()));
  tile_of(of.target).ejection_free = of.packets == 1 ? train.tail + 1 : train.head + of.flits();
  events_.push({train.tail + hop_ + kPortCycles, EventKind::kDeliver, message});
}

/// The tail of a trickling packet is known: the port has an end, and those behind it have a time.
void ListScheduler::unlock_ejection(int32_t message) {
  TileState& tile = tile_of(message_at(message).target);
  if (tile.ejecting != message) return;
  finish_ejection(message);
  tile.ejecting = -1;
  std::deque<int32_t> arrived;
  arrived.swap(tile.arrived);
  for (const int32_t next : arrived) eject(next);
}

/// One packet of several flits that ends at the router behind the link.
bool ListScheduler::trickles(int32_t message) const {
  const Message& of = message_at(message);
  const auto target =
      arch::coordinates(package_, workload_.tasks[static_cast<size_t>(of.target)].tile);
  return of.packets == 1 && of.flits() > 1 && trains_[static_cast<size_t>(message)].at == target;
}

void ListScheduler::enter_link(int32_t message, const Hop& hop) {
  const Message& of = message_at(message);
  Train& train = trains_[static_cast<size_t>(message)];
  const auto source = workload_.tasks[static_cast<size_t>(of.source)].tile;
  const bool first_hop = train.at == arch::coordinates(package_, source);
  const int64_t side = side_index(package_, train.at, hop.direction);
  for (int64_t k = 0; k < of.flits(); ++k) {
    const int64_t core = flit_time(train.head, train.tail, k, of.flits());
    const int64_t bits = k == 0 ? of.first_flit_bits() : of.bits_per_flit;
    links_[static_cast<size_t>(side)].push(hop.lane, {message, k, bits, crossing_.ready(core)});
  }
  train.at = hop.next;
  if (first_hop) {
    train.entered = true;
    held_[static_cast<size_t>(side * package_.chip.mesh + hop.lane)] = message;
    release_when_drained(static_cast<int32_t>(side), hop.lane, 0);
  }
  wake_link(static_cast<int32_t>(side));
}

void ListScheduler::wake_link(int32_t side) {
  const auto next = links_[static_cast<size_t>(side)].next_grant();
  if (next) events_.push({crossing_.core_at(*next), EventKind::kGrant, side});
}

void ListScheduler::serve_link(int32_t side, int64_t time) {
  DieLink& link = links_[static_cast<size_t>(side)];
  const auto next = link.next_grant();
  // An earlier grant may have moved this one; the newer event for it is already queued.
  if (!next || crossing_.core_at(*next) > time) return;
  const Grant grant = link.grant();
  const int32_t message = grant.flit.message;
  Train& train = trains_[static_cast<size_t>(message)];
  const bool last = grant.flit.index + 1 == message_at(message).flits();
  if (grant.flit.index == 0) {
    train.head = grant.arrival;
    train.tail = kUnknown;
  }
  if (last) {
    train.link_wait += crossing_.core_at(grant.start) - crossing_.core_at(grant.flit.ready);
    train.tail = grant.arrival;
  }
  if (trickles(message) ? grant.flit.index == 0 : last) {
    events_.push({train.head, EventKind::kHead, message});
  }
  if (last && trickles(message)) unlock_ejection(message);
  release_when_drained(side, grant.lane, crossing_.core_at(grant.start));
  wake_link(side);
}

void ListScheduler::deliver(int32_t message, int64_t time) {
  const int32_t target = message_at(message).target;
  TaskState& task = tasks_[static_cast<size_t>(target)];
  task.last = message;
  if (--task.open == 0) make_ready(target, time);
}

/// Latency, and the waits on the way back from the task that ended last.
ScheduleResult ListScheduler::summary() const {
  ScheduleResult result;
  for (const DieLink& link : links_) result.resent_bits += link.resent_bits();
  int32_t task = -1;
  for (size_t t = 0; t < tasks_.size(); ++t) {
    if (task < 0 || tasks_[t].end > tasks_[static_cast<size_t>(task)].end) {
      task = static_cast<int32_t>(t);
    }
  }
  if (task < 0) return result;
  result.latency = core::Cycles(tasks_[static_cast<size_t>(task)].end);
  while (task >= 0) {
    const TaskState& state = tasks_[static_cast<size_t>(task)];
    const auto service = workload_.tasks[static_cast<size_t>(task)].service;
    result.waiting.tile += core::Cycles(state.end - state.ready) + service * -1;
    if (state.last < 0) break;
    const Train& train = trains_[static_cast<size_t>(state.last)];
    result.waiting.mesh += core::Cycles(train.mesh_wait);
    result.waiting.link += core::Cycles(train.link_wait);
    task = message_at(state.last).source;
  }
  return result;
}

}  // namespace

ScheduleResult schedule(const Workload& workload, const arch::PackageSpec& package) {
  return ListScheduler(workload, package).run();
}

core::Cycles longest_path(const Workload& workload, const arch::PackageSpec& package) {
  const auto first = workload::first_messages(workload);
  std::vector<int64_t> ready(workload.tasks.size());
  int64_t latest = 0;
  for (const size_t t : workload::topological_order(workload)) {
    const Task& task = workload.tasks[t];
    const int64_t end = ready[t] + task.service.value();
    latest = std::max(latest, end);
    int64_t injected = end - task.stream.value();
    for (size_t m = first[t]; m < first[t + 1]; ++m) {
      const Message& message = workload.messages[m];
      const auto target = static_cast<size_t>(message.target);
      const int64_t last = std::max(injected + stream_cycles(package.router, message.flits()), end);
      ready[target] = std::max(ready[target],
                               zero_load_delivery(message, task.tile, workload.tasks[target].tile,
                                                  injected, package, last));
      injected = last + 1;
    }
  }
  return core::Cycles(latest);
}

}  // namespace ranvier::analytic
