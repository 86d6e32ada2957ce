#pragma once
// Network interfaces of all tiles: injection of messages flit by flit, and delivery with every flit
// checked.

#include "ranvier/sim/event_queue.hpp"
#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/mesh.hpp"
#include "ranvier/sim/message_port.hpp"
#include "ranvier/sim/packet_pool.hpp"
#include "ranvier/sim/ports.hpp"
#include "ranvier/sim/trees.hpp"
#include "ranvier/sim/wake_wheel.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ranvier::sim {

class Traffic final : public TilePort {
 public:
  /// Life of a message [core cycles]; -1: not yet.
  struct Times {
    int64_t offered = -1;    // it was ready to go
    int64_t injected = -1;   // its first flit left the tile
    int64_t delivered = -1;  // its last flit reached the target
  };
  /// Counted one by one, for the audit.
  struct Counts {
    int64_t packets_in = 0, flits_in = 0, bits_in = 0;
    int64_t packets_out = 0, flits_out = 0, bits_out = 0;
    int64_t packets_forked = 0, flits_forked = 0, bits_forked = 0;  // copies made on the way
    int64_t flit_hops = 0;  // of delivered flits: routers on their XY route, or on their tree
    int64_t bit_hops = 0;
  };

  /// The references must outlive it.
  Traffic(std::vector<MessageEnds> ends, MessagePort& messages, const Lowered& lowered,
          PacketPool& packets, Mesh& mesh, EventQueue& events);

  /// Queues a message, with the branches that share its packets, behind those of its tile; its
  /// first flit may go in this very cycle. The others get ready evenly over the next `spread`
  /// cycles, but not before one of the Lowered::output_flits places of their buffer is free.
  void offer(int32_t message, int64_t now, int64_t spread = 0);

  /// True: more than output_flits flits of the tile wait. EventKind::kOutputFits follows when they
  /// do not.
  bool overflows(int tile);

  /// One flit from every tile that has one and room for it.
  void step(int64_t now, core::Rng* order = nullptr);
  int64_t next_after(int64_t now) const { return wheel_.next_after(now); }

  /// Errors: RunError when the flit is at the wrong tile or out of order.
  void eject(int router, Flit flit, int64_t done) override;
  void injection_room(int router, int64_t cycle) override {
    if (!queues_[static_cast<size_t>(router)].idle())
      wheel_.wake(static_cast<size_t>(router), cycle);
  }
  void fork(uint32_t packet, int copies) override;
  const Trees& trees() const { return trees_; }

  const std::vector<Times>& times() const { return times_; }  // [messages]
  const Counts& counts() const { return counts_; }
  /// Injected and copied minus ejected here: negative where more arrives than leaves.
  int64_t flits_under_way() const {
    return counts_.flits_in + counts_.flits_forked - counts_.flits_out;
  }

  /// What a checkpoint keeps.
  template <class Archive>
  void persist(Archive& archive) {
    archive(queues_, times_, spreads_, arrived_, received_, counts_, wheel_);
  }

 private:
  struct Queue {
    std::vector<int32_t> messages;
    size_t next = 0;              // first message that is not injected completely
    int32_t packet_index = 0;     // of that message
    int32_t flit = 0;             // of that packet
    int64_t sent = 0;             // flits of that message
    int64_t delayed_from = 0;     // flit of that message from which on the next holds
    int64_t delay = 0;            // by which a full output buffer has held them up
    int64_t waiting = 0;          // flits of all messages
    bool overflows = false;       // somebody waits until output_flits hold them
    uint32_t packet = kNoPacket;  // its name in the pool
    bool idle() const { return next == messages.size(); }
    template <class Archive>
    void persist(Archive& archive) {
      archive(messages, next, packet_index, flit, sent, delayed_from, delay, waiting, overflows,
              packet);
    }
  };

  int64_t ready_at(const Queue& queue, int64_t flit) const;
  void count_flit(Queue& queue, int tile, int64_t now);
  void step_tile(int tile, int64_t now);
  uint32_t open_packet(int32_t message, int32_t index);
  void close_flit(Queue& queue, const Packet& packet);
  int32_t& received(Packet& packet, int router, int vc);
  void note_damage(const Packet& packet, int router, int32_t flit);
  bool is_target(const Packet& packet, int router) const;
  void finish_packet(uint32_t name, int router, int64_t done);
  void finish_message(const Packet& packet, int32_t message, int64_t done);
  const MessageEnds& ends(int32_t message) const { return ends_[static_cast<size_t>(message)]; }

  std::vector<MessageEnds> ends_;  // [messages]
  Trees trees_;
  MessagePort& messages_;
  const Lowered& lowered_;
  PacketPool& packets_;
  Mesh& mesh_;
  EventQueue& events_;
  WakeWheel wheel_;                // of tiles
  std::vector<Queue> queues_;      // [tiles]
  std::vector<Times> times_;       // [messages]
  std::vector<int64_t> spreads_;   // [messages] core cycles
  std::vector<int32_t> arrived_;   // [messages] packets delivered
  std::vector<int32_t> received_;  // [tiles][VCs] flits of the packet of a tree that is being
                                   // ejected; empty without trees
  Counts counts_;
};

}  // namespace ranvier::sim
