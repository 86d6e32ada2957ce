#pragma once
// What the list scheduler knows of messages, tasks and tiles. Private to analytic/.

#include "ranvier/analytic/never.hpp"

#include <cstdint>
#include <vector>

namespace ranvier::analytic {

inline constexpr int64_t kUnknown = -1;
inline constexpr int32_t kNoMessage = -1;

/// A message on its way: when its first and last flit reach the next router. One cache line.
struct alignas(64) Train {
  int64_t head = 0;
  int64_t tail = 0;    // kUnknown while the last flit has not been sent over a link
  int64_t stream = 0;  // cycles from the first flit to the last through idle channels
  int64_t mesh_wait = 0;
  int64_t flits = 0;
  int32_t channel = 0;      // the next one of its leg
  int32_t channel_end = 0;  // behind the last one of its leg
  int32_t leg = 0;          // Plan::legs
  int32_t source = 0;       // task
  int32_t target = 0;       // task
  uint16_t legs_left = 0;   // this one included
  bool one_packet : 1 = false;
  bool leaves_die : 1 = false;    // by its first hop: a gateway's
  bool opens_stream : 1 = false;  // its last flit is ready when its task ends

  void leave_leg() {
    ++leg;
    --legs_left;
  }

  /// Hops left of its leg; 0: at its target.
  int32_t hops() const { return channel_end - channel; }

  /// When a channel or port is free again that the train takes: a packet holds it until its tail
  /// has passed; single-flit packets let others in between.
  int64_t free_after(int64_t from, int64_t until) const {
    return one_packet ? until + 1 : from + flits;
  }
};

/// What is asked of a train less often.
struct TrainRecord {
  int64_t link_wait = 0;
  int64_t started = -1;         // its first flit was injected
  int64_t injected = 0;         // the cycle after its last flit could leave an idle port
  int32_t behind = kNoMessage;  // the next at its injection port
  bool entered = false;         // the link of its gateway knows its flits
};

/// How far a train has come whose way others part from, or which parted from another's.
struct Passage {
  int32_t done = 0;     // hops from the source to where the present piece of its way began
  int32_t leg_end = 0;  // and to the end of the straight leg that the piece belongs to
  uint32_t part = 0;    // the next one of Branches::parts
};

/// What a task waited for, and after whom it came.
struct TaskState {
  int32_t open = 0;           // messages still to come
  int32_t last = kNoMessage;  // the message that came last
  int64_t ready = 0;          // when that came
  int64_t stood = 0;   // of its wait for the tile, cycles in which that could not send and stood
  int64_t worked = 0;  // when its service ends, known from its start
  int64_t end = 0;
  int64_t latest = 0;  // when it would be ready if every wait on the mesh were twice as long
  int64_t doubt = 0;   // by how much later it would end then
};

struct TileState {
  std::vector<int32_t> ready;  // tasks, a heap with the lowest first
  bool busy = false;
  int32_t task = -1;               // that runs, or ran last
  int64_t started = 0;             // it
  int64_t stood = 0;               // cycles in which a converter had worked and could not send
  int32_t first_out = kNoMessage;  // messages in the order of the injection port
  int32_t last_out = kNoMessage;
  int64_t port_free = 0;     // the injection port; kNever while a message to a link keeps it
  bool release_due = false;  // a kRelease event comes
  int32_t holder =
      kNoMessage;  // message whose flit `held_flit` must leave before the converter can
  int64_t held_flit = 0;
};

struct EjectionPort {
  int64_t free = 0;
  int32_t trickling = kNoMessage;  // a packet that comes in from a link and keeps the port
};

}  // namespace ranvier::analytic
