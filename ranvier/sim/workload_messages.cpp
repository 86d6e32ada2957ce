#include "ranvier/sim/workload_messages.hpp"

#include <span>
#include <utility>

namespace ranvier::sim {

std::vector<MessageEnds> message_ends(const workload::Workload& workload, const Lowered& lowered) {
  std::vector<MessageEnds> ends;
  const auto tile = [&](int32_t task) {
    return workload.tasks[static_cast<size_t>(task)].tile.index();
  };
  for (size_t m = 0; m < workload.messages.size(); ++m) {
    const auto& message = workload.messages[m];
    const size_t sharers = message.branch ? 1 : workload::sharers(workload, m);
    ends.push_back({.source = tile(message.source),
                    .target = tile(message.target),
                    .packets = message.packets,
                    .flits = message.flits(),
                    .vc = static_cast<int32_t>(m) % lowered.mesh.virtual_channels,
                    .branches = static_cast<int32_t>(sharers - 1)});
  }
  return ends;
}

WorkloadMessages::WorkloadMessages(const workload::Workload& workload, BoundaryCheck& boundaries,
                                   bool record)
    : workload_(workload),
      boundaries_(boundaries),
      shapes_(record ? workload.messages.size() : 0) {}

int WorkloadMessages::block_of(const workload::Message& message) const {
  if (message.kind != workload::MessageKind::kBoundary) return -1;
  return workload_.tasks[static_cast<size_t>(message.source)].block;
}

Packet WorkloadMessages::open(int32_t message, int32_t index) {
  const auto& spec = workload_.messages[static_cast<size_t>(message)];
  Packet packet;
  if (const int block = block_of(spec); block >= 0) {
    const codec::Packet& real = boundaries_.packets(block)[static_cast<size_t>(index)];
    packet.block = block;
    packet.boundary = workload_.blocks[static_cast<size_t>(block)].boundary;
    packet.flits = real.flits;
    packet.body_bits = flit_width(real.bits / real.flits);
    packet.head_bits = flit_width(real.bits - int64_t{packet.body_bits} * (real.flits - 1));
  } else {
    packet.flits = spec.flits_per_packet;
    packet.body_bits = flit_width(spec.bits_per_flit);
    packet.head_bits = index == 0 ? flit_width(spec.first_flit_bits()) : packet.body_bits;
  }
  if (!shapes_.empty()) record(message, packet);
  return packet;
}

void WorkloadMessages::packet_arrived(int32_t message, int32_t index) {
  const auto& spec = workload_.messages[static_cast<size_t>(message)];
  if (block_of(spec) >= 0) boundaries_.arrived(spec.target, index);
}

void WorkloadMessages::flit_damaged(int32_t message, int32_t index, int32_t flit) {
  const auto& spec = workload_.messages[static_cast<size_t>(message)];
  if (block_of(spec) >= 0) boundaries_.damaged(spec.target, index, flit);
}

void WorkloadMessages::pack(uint32_t, const Packet& packet, Writer& out) {
  const int block = block_of(workload_.messages[static_cast<size_t>(packet.message)]);
  if (block < 0) return;
  const codec::WireFrame taken = boundaries_.take(block, packet.index);
  const codec::Packet& real = taken.packets.front();
  out.put(taken.kind);
  out.put(real.flits);
  out.put(real.bits);
  out.put_all(std::span<const uint8_t>(real.bytes));
}

void WorkloadMessages::unpack(uint32_t, const Packet& packet, Reader& in) {
  const auto& message = workload_.messages[static_cast<size_t>(packet.message)];
  const int block = block_of(message);
  if (block < 0) return;
  codec::WireFrame taken{.kind = in.get<codec::WireKind>(), .packets = {1, codec::Packet{}}};
  codec::Packet& real = taken.packets.front();
  real.flits = in.get<int>();
  real.bits = in.get<int>();
  real.bytes = in.get_all<uint8_t>();
  boundaries_.put(block, packet.index, message.packets, std::move(taken));
}

void WorkloadMessages::record(int32_t message, const Packet& packet) {
  auto& runs = shapes_[static_cast<size_t>(message)];
  const int32_t others = packet.flits > 1 ? packet.body_bits : 0;
  const workload::PacketRun run{1, packet.flits, packet.head_bits, others};
  const bool goes_on = !runs.empty() && runs.back().flits == run.flits &&
                       runs.back().first_flit_bits == run.first_flit_bits &&
                       runs.back().flit_bits == run.flit_bits;
  if (goes_on) {
    ++runs.back().packets;
  } else {
    runs.push_back(run);
  }
}

}  // namespace ranvier::sim
