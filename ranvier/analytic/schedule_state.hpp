#pragma once
// What the list scheduler knows of messages, tasks and tiles. Private to analytic/.

#include "ranvier/analytic/fifo.hpp"
#include "ranvier/analytic/never.hpp"

#include <cstdint>
#include <vector>

namespace ranvier::analytic {

inline constexpr int64_t kUnknown = -1;

/// A message on its way: when its first and last flit reach the next router. One cache line.
struct alignas(64) Train {
  int64_t head = 0;
  int64_t tail = 0;    // kUnknown while the last flit has not been sent over a link
  int64_t stream = 0;  // cycles from the first flit to the last through idle channels
  int64_t flits = 0;
  int64_t mesh_wait = 0;
  int32_t channel = 0;  // the next one, while hops are left
  int32_t stride = 0;   // from it to the one after
  int32_t hops = 0;     // left of its leg; 0: at its target
  bool one_packet = false;
  uint32_t leg = 0;  // Plan::legs

  /// When a channel or port is free again that the train takes: a packet holds it until its tail
  /// has passed; single-flit packets let others in between.
  int64_t free_after(int64_t from, int64_t until) const {
    return one_packet ? until + 1 : from + flits;
  }
};

/// What is asked of a train less often.
struct TrainRecord {
  int64_t link_wait = 0;
  int64_t started = -1;  // its first flit was injected
  int64_t injected = 0;  // the cycle after its last flit could leave an idle port
  bool entered = false;  // the link of its gateway knows its flits
};

/// How far a train has come whose way others part from, or which parted from another's.
struct Passage {
  int32_t done = 0;     // hops from the source to where the present piece of its way began
  int32_t leg_end = 0;  // and to the end of the straight leg that the piece belongs to
  uint32_t part = 0;    // the next one of Branches::parts
};

/// What a task waited for, and after whom it came.
struct TaskState {
  int32_t open = 0;   // messages still to come
  int32_t last = -1;  // the message that came last
  int64_t ready = 0;
  int64_t stood = 0;   // of its wait for the tile, cycles in which that could not send and stood
  int64_t worked = 0;  // when its service ends, known from its start
  int64_t end = 0;
  int64_t latest = 0;  // when it would be ready if every wait on the mesh were twice as long
  int64_t doubt = 0;   // by how much later it would end then
};

struct TileState {
  std::vector<int32_t> ready;  // tasks, a heap with the lowest first
  bool busy = false;
  int32_t task = -1;       // that runs, or ran last
  int64_t started = 0;     // it
  int64_t stood = 0;       // cycles in which a converter had worked and could not send
  Fifo<int32_t> outgoing;  // messages in the order of the injection port
  bool injecting = false;
  int32_t holder = -1;  // message whose flit `held_flit` must leave before the converter can
  int64_t held_flit = 0;
  int64_t ejection_free = 0;
  int32_t ejecting = -1;         // a packet that trickles in from a link and keeps the port
  std::vector<int32_t> arrived;  // messages behind it, in the order of arrival
};

}  // namespace ranvier::analytic
