#pragma once
// The edge of a logical process: records of links whose other end lies in another process wait here
// for the end of the window, and packets change their names.

#include "ranvier/sim/cargo.hpp"
#include "ranvier/sim/link_records.hpp"
#include "ranvier/sim/packet_pool.hpp"
#include "ranvier/sim/parcel.hpp"
#include "ranvier/sim/partition.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ranvier::sim {

/// A packet is in the pools of both processes from its head's leaving to its tail's. The flits of a
/// queue belong to one packet from head to tail (wormhole), so the names of a queue need one entry.
class Border final : public LinkPort {
 public:
  /// `here`: the ends of links in this process. The references must outlive it; connect() comes
  /// before the first record.
  Border(const Share& share, PacketPool& packets, LinkPort& here);
  void connect(Cargo& cargo) { cargo_ = &cargo; }

  /// Empties the outboxes; what leaves from now on must take effect in cycle `end` or later.
  void open_window(int64_t end);
  /// To the end of the link that is here, or into an outbox. Errors: ContractViolation when a
  /// record that leaves takes effect before the window ends.
  void carry(const LinkFlit& record) override;
  void carry(const LinkCredit& record) override;

  /// Records for process `part` since the window was opened.
  const Bytes& outbox(int part) const { return outboxes_[static_cast<size_t>(part)]; }
  /// Takes in records of another process, flits with their names here. Errors: ContractViolation
  /// when one should have taken effect in a cycle that has passed.
  void receive(std::span<const std::byte> records);

  /// Packets whose head has left and whose tail has not: they are counted twice.
  int64_t shared_packets() const { return shared_; }
  int64_t flits_sent() const { return flits_sent_; }
  int64_t credits_sent() const { return credits_sent_; }
  int64_t bytes_sent() const { return bytes_sent_; }

 private:
  size_t ring(int side, int queue) const { return static_cast<size_t>(side * queues_ + queue); }
  void send(const LinkFlit& record, Bytes& outbox);

  const ClockPair& clocks_;
  LinkPort& here_;
  int index_;
  int queues_;  // per side
  PacketPool& packets_;
  Cargo* cargo_ = nullptr;
  std::vector<int32_t> near_part_;  // [sides]
  std::vector<int32_t> far_part_;   // [sides]
  std::vector<Bytes> outboxes_;     // [parts]
  std::vector<uint8_t> leaving_;    // [sides][queues] a packet's head has left, its tail has not
  std::vector<uint32_t> names_;     // [sides][queues] here, of the packet that arrives
  int64_t window_end_ = 0;          // [core cycle]
  int64_t window_end_link_ = 0;     // [link cycle]
  int64_t shared_ = 0;
  int64_t flits_sent_ = 0;
  int64_t credits_sent_ = 0;
  int64_t bytes_sent_ = 0;
};

}  // namespace ranvier::sim
