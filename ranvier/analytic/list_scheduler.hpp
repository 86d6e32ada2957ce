#pragma once
// The list scheduler behind schedule.hpp: tasks on tiles and their output in schedule_tasks.cpp,
// trains through channels, ports and links in schedule_trains.cpp. Private to analytic/.

#include "ranvier/analytic/crossing.hpp"
#include "ranvier/analytic/die_link.hpp"
#include "ranvier/analytic/event_queue.hpp"
#include "ranvier/analytic/plan.hpp"
#include "ranvier/analytic/schedule.hpp"
#include "ranvier/analytic/schedule_state.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace ranvier::analytic {

class ListScheduler {
 public:
  /// The references must outlive it.
  ListScheduler(const Plan& plan, const arch::PackageSpec& package);
  /// Goes on from where another one of this plan is, for equal routers and converters. `start` may
  /// have outlived its plan and package.
  ListScheduler(const ListScheduler& start, const Plan& plan, const arch::PackageSpec& package);
  ListScheduler(ListScheduler&&) = delete;  // its links know its crossing

  ScheduleResult run();
  /// Up to the first event that meets a die-to-die link, and not with it.
  void run_to_link();

 private:
  template <class Stops>
  void run_until(const Stops& stops);
  void handle(const TimedEvent& event);
  bool meets_link(int32_t message) const;
  void make_ready(int32_t task);
  void pick(int32_t tile, int64_t time);
  void doubt_order(int32_t task, int64_t time);
  void begin_output(int32_t task, int64_t time);
  void put_out(TileState& tile, int32_t message);
  void finish(int32_t task, int64_t time);
  bool stalls(int32_t task);
  void leave_when_sent(int32_t tile, int64_t time);
  void leave(int32_t tile, int64_t time);
  Train make_train(int32_t message) const;
  void inject_next(int32_t tile, int64_t time);
  void release_later(int32_t tile);
  void release(int32_t tile, int64_t time);
  void release_when_drained(int32_t side, int lane, int64_t time);
  // Messages that share packets, in schedule_branches.cpp.
  int32_t next_stop(int32_t message) const;
  bool goes_on_in_leg(int32_t message);
  void part_ways(int32_t message);
  void branch_off(int32_t carrier, int32_t message, int32_t hops);
  void deliver_twins(int32_t message, int64_t time);
  void advance(int32_t message);
  void next_leg(int32_t message);
  void begin_leg(int32_t message);
  void end_leg(int32_t message);
  void eject(int32_t message);
  void finish_ejection(int32_t message, EjectionPort& port);
  void unlock_ejection(int32_t message);
  bool trickles(int32_t message) const;
  void enter_link(int32_t message);
  void serve_link(int32_t side, int64_t time);
  void wake_link(int32_t side);
  void deliver(int32_t message, int64_t time);
  bool crosses_several(size_t message) const;
  ScheduleResult summary() const;

  /// Whether the task's first message begins before the task ends.
  bool streams(int32_t task) const {
    const auto index = static_cast<size_t>(task);
    return workload_.tasks[index].stream.value() > 0 &&
           plan_.first_message[index] < plan_.first_message[index + 1];
  }
  const workload::Message& message_at(int32_t index) const {
    return workload_.messages[static_cast<size_t>(index)];
  }
  Train& train_of(int32_t message) { return trains_[static_cast<size_t>(message)]; }
  int32_t tile_number(int32_t task) const { return plan_.core[static_cast<size_t>(task)]; }
  TileState& tile_of(int32_t task) { return tiles_[static_cast<size_t>(tile_number(task))]; }
  int32_t& held(int32_t side, int lane) {
    return held_[static_cast<size_t>(side) * static_cast<size_t>(plan_.mesh) +
                 static_cast<size_t>(lane)];
  }

  const Plan& plan_;
  const arch::PackageSpec& package_;
  const workload::Workload& workload_ = *plan_.workload;
  CrossingModel crossing_{package_};
  int64_t hop_ = package_.router.router_cycles + package_.router.link_cycles;  // P + L
  /// Flits of a lane between its injection port and the serialiser.
  int64_t near_buffer_ = package_.emio.fifo_depth + package_.router.buffer_flits;
  std::vector<TaskState> tasks_;
  std::vector<Train> trains_;
  std::vector<TrainRecord> records_;  // [message]
  std::vector<TileState> tiles_;      // numbered as in Plan::core
  std::vector<EjectionPort> ports_;   // the same
  /// Messages behind a packet that trickles, by tile, in the order of arrival.
  std::map<int32_t, std::vector<int32_t>> arrived_;
  std::vector<int64_t> channel_free_;
  /// Numbered as in Totals::sides.
  std::vector<DieLink> links_ =
      std::vector<DieLink>(plan_.totals.sides.size(), DieLink(crossing_, package_, plan_.mesh));
  /// [link] Cycle of its next kGrant event.
  std::vector<int64_t> woken_ = std::vector<int64_t>(links_.size(), kNever);
  /// [link x lane] Message that keeps its injection port, or -1.
  std::vector<int32_t> held_ =
      std::vector<int32_t>(links_.size() * static_cast<size_t>(plan_.mesh), -1);
  std::vector<Passage> passages_;  // [message]; empty: none shares packets
  EventQueue events_;
};

}  // namespace ranvier::analytic
