#pragma once
// The list scheduler behind schedule.hpp: tasks on tiles and their output in schedule_tasks.cpp,
// trains through channels, ports and links in schedule_trains.cpp. Private to analytic/.

#include "ranvier/analytic/crossing.hpp"
#include "ranvier/analytic/die_link.hpp"
#include "ranvier/analytic/route.hpp"
#include "ranvier/analytic/schedule.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <set>
#include <tuple>
#include <vector>

namespace ranvier::analytic {

/// In the order in which they are taken within one core cycle: a tile picks its next task last.
enum class EventKind : uint8_t { kHead, kDeliver, kGrant, kFirst, kDone, kRelease, kLeave, kPick };

struct TimedEvent {
  int64_t time = 0;  // core cycle
  EventKind kind = EventKind::kHead;
  int32_t index = 0;  // message, die side, task, or tile
  bool operator>(const TimedEvent& other) const {
    return std::tuple(time, kind, index) > std::tuple(other.time, other.kind, other.index);
  }
};

inline constexpr int64_t kUnknown = -1;

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
  /// The references must outlive it.
  ListScheduler(const workload::Workload& workload, const arch::PackageSpec& package);
  ScheduleResult run();

 private:
  void handle(const TimedEvent& event);
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
  bool leaves_the_die(const workload::Message& message) const {
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
  const workload::Message& message_at(int32_t index) const {
    return workload_.messages[static_cast<size_t>(index)];
  }
  TileState& tile_of(int32_t task) {
    return tiles_[static_cast<size_t>(workload_.tasks[static_cast<size_t>(task)].tile.index())];
  }

  const workload::Workload& workload_;
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
  std::priority_queue<TimedEvent, std::vector<TimedEvent>, std::greater<>> events_;
};

}  // namespace ranvier::analytic
