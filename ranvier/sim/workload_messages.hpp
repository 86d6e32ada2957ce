#pragma once
// The messages of a workload: sizes as map/ planned them on chip, the encoders' real packets at
// boundaries.

#include "ranvier/sim/boundary_check.hpp"
#include "ranvier/sim/cargo.hpp"
#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/message_port.hpp"
#include "ranvier/workload/workload.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ranvier::sim {

/// [messages]
std::vector<MessageEnds> message_ends(const workload::Workload& workload, const Lowered& lowered);

class WorkloadMessages final : public MessagePort, public Cargo {
 public:
  /// The references must outlive it. `record`: keep the shape of every message.
  WorkloadMessages(const workload::Workload& workload, BoundaryCheck& boundaries, bool record);

  Packet open(int32_t message, int32_t index) override;
  void packet_arrived(int32_t message, int32_t index) override;
  void flit_damaged(int32_t message, int32_t index, int32_t flit) override;
  /// The real bits of a boundary packet.
  void pack(uint32_t name, const Packet& packet, Writer& out) override;
  void unpack(uint32_t name, const Packet& packet, Reader& in) override;

  /// Of the messages, as sent from here; empty unless recorded. [messages]
  const std::vector<std::vector<workload::PacketRun>>& shapes() const { return shapes_; }

 private:
  int block_of(const workload::Message& message) const;
  void record(int32_t message, const Packet& packet);

  const workload::Workload& workload_;
  BoundaryCheck& boundaries_;
  std::vector<std::vector<workload::PacketRun>> shapes_;  // [messages], if recorded
};

}  // namespace ranvier::sim
