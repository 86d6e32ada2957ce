#pragma once
// The network of some of the chips, cycle by cycle, up to the end of a window. What the tiles do is
// up to the machine that derives from it.

#include "ranvier/core/rng.hpp"
#include "ranvier/sim/border.hpp"
#include "ranvier/sim/emio.hpp"
#include "ranvier/sim/link_errors.hpp"
#include "ranvier/sim/mesh.hpp"
#include "ranvier/sim/packet_pool.hpp"
#include "ranvier/sim/partition.hpp"
#include "ranvier/sim/pulse.hpp"
#include "ranvier/sim/state_archive.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ranvier::sim {

class LogicalProcess {
 public:
  /// `errors`: of the whole package.
  LogicalProcess(const Share& share, size_t boundaries, RoutingFunction routing,
                 uint64_t order_seed, LinkErrors errors);
  virtual ~LogicalProcess() = default;
  LogicalProcess(const LogicalProcess&) = delete;
  LogicalProcess& operator=(const LogicalProcess&) = delete;

  /// Runs every cycle before `end` in which something is due. All records of others that take
  /// effect before `end` must have been received.
  void run(int64_t end);
  /// Records of another process, made in the window that was run last.
  void receive(std::span<const std::byte> records) { border_.receive(records); }

  int64_t now() const { return now_; }  // last cycle that was run; -1: none yet
  Pulse pulse();

  /// What a checkpoint between two windows keeps.
  /// Errors: ContractViolation unless the machine keeps checkpoints.
  virtual void persist(StateWriter&) { refuse_state(); }
  virtual void persist(StateReader&) { refuse_state(); }

  const Share& share() const { return share_; }
  const Border& border() const { return border_; }
  const Mesh& mesh() const { return mesh_; }
  const Emio& emio() const { return emio_; }
  const PacketPool& packets() const { return packets_; }
  const Lowered& lowered() const { return share_.lowered(); }

 protected:
  template <class Archive>
  void persist_network(Archive& archive) {
    archive(packets_, mesh_, border_, emio_, order_, now_);
  }
  const LinkErrors& errors() const { return errors_; }
  /// `trees`: of the packets that go to several tiles; null: none do.
  void connect(TilePort& tiles, Cargo& cargo, const Trees* trees = nullptr);
  PacketPool& pool() { return packets_; }
  Mesh& routers() { return mesh_; }

 private:
  /// What is due in the cycle before any flit moves.
  virtual void begin(int64_t now) = 0;
  /// At most one flit from every tile.
  virtual void inject(int64_t now, core::Rng* order) = 0;
  /// First cycle after `now` in which begin() or inject() has something to do, or kNever.
  virtual int64_t next_of_tiles(int64_t now) = 0;
  /// Its own counts: flits under way, what is open, what has arrived, flits injected as moves.
  virtual Pulse count() const = 0;
  int64_t next();
  [[noreturn]] static void refuse_state();

  Share share_;
  LinkErrors errors_;
  PacketPool packets_;
  Mesh mesh_;
  Border border_;
  Emio emio_;
  core::Rng order_;
  bool shuffle_;
  int64_t now_ = -1;
};

}  // namespace ranvier::sim
