#pragma once
// Network interfaces under open-loop traffic: every tile makes packets whatever the network does,
// and queues them without bound.

#include "ranvier/sim/cargo.hpp"
#include "ranvier/sim/latency_histogram.hpp"
#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/mesh.hpp"
#include "ranvier/sim/packet_pool.hpp"
#include "ranvier/sim/packet_stream.hpp"
#include "ranvier/sim/partition.hpp"
#include "ranvier/sim/pattern.hpp"
#include "ranvier/sim/ports.hpp"
#include "ranvier/sim/wake_wheel.hpp"

#include <cstdint>
#include <vector>

namespace ranvier::sim {

struct OpenLoopSpec {
  double packets_per_cycle = 0.1;  // of one tile, in (0, 1]
  int packet_flits = 1;
  int flit_bits = 34;
  uint64_t seed = 1;
  int64_t begin = 0;  // latencies are taken of packets created in [begin, end) [core cycles]
  int64_t end = 0;
};

class OpenLoop final : public TilePort, public Cargo {
 public:
  struct Measured {
    LatencyHistogram packet;   // creation to tail ejected
    LatencyHistogram network;  // first flit leaves the tile to tail ejected
    int64_t hops = 0;          // routers, summed over the packets
    int64_t flits_out = 0;     // ejected in [begin, end), whenever created

    void add(const Measured& other);
  };

  /// The tiles of `share`. The references must outlive it. Memory: O(tiles + packets in the
  /// network), however long the queues and the run are.
  OpenLoop(const OpenLoopSpec& spec, const Targets& targets, const Share& share,
           PacketPool& packets, Mesh& mesh);

  /// One flit from every tile that has one and room for it.
  void step(int64_t now, core::Rng* order = nullptr);
  int64_t next_after(int64_t now) const { return wheel_.next_after(now); }

  /// Errors: RunError when the flit is at the wrong tile or out of order.
  void eject(int router, Flit flit, int64_t done) override;
  void injection_room(int router, int64_t cycle) override;
  /// When and where the packet was made.
  void pack(uint32_t name, const Packet& packet, Writer& out) override;
  void unpack(uint32_t name, const Packet& packet, Reader& in) override;

  const Measured& measured() const { return measured_; }
  int64_t packets_out() const { return packets_out_; }
  int64_t packets_in() const;  // that have left their queue

  /// Of tiles of its share only. Packets of the tile created before `cycle` and still in its queue.
  /// Cost: O(result).
  int64_t queued(int tile, int64_t cycle) const;
  int64_t packets_in(int tile) const { return sources_[static_cast<size_t>(tile)].opened; }

 private:
  struct Source {
    PacketStream stream;
    Place place;
    int64_t opened = 0;           // packets that have left the queue
    uint32_t packet = kNoPacket;  // the one that is being injected
    int32_t flit = 0;             // of it, the next to go
    uint8_t vc = 0;
    bool blocked = false;  // its injection buffer holds a flit in every slot
  };
  struct Birth {
    int64_t created = 0;
    int64_t injected = 0;
    Place source;
  };

  void step_tile(int tile, int64_t now);
  void open_packet(Source& source, int tile, int64_t now);
  void send_flit(Source& source, int tile, int64_t now);
  void finish_packet(uint32_t name, int64_t done);
  void wake_for_next(const Source& source, int tile, int64_t now);
  void note_birth(uint32_t name, const Birth& birth);

  OpenLoopSpec spec_;
  const Targets& targets_;
  const Lowered& lowered_;
  PacketPool& packets_;
  Mesh& mesh_;
  WakeWheel wheel_;              // of tiles
  std::vector<Source> sources_;  // [tiles]
  std::vector<Birth> births_;    // by name in the pool
  Measured measured_;
  int64_t packets_out_ = 0;
};

}  // namespace ranvier::sim
