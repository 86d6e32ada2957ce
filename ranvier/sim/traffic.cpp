#include "ranvier/sim/traffic.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <limits>

namespace ranvier::sim {
namespace {

uint16_t width(int64_t bits) {
  RANVIER_CONTRACT(bits > 0 && bits <= std::numeric_limits<uint16_t>::max(),
                   "1..65535 bits per flit");
  return static_cast<uint16_t>(bits);
}

}  // namespace

Traffic::Traffic(const workload::Workload& workload, const Lowered& lowered, PacketPool& packets,
                 Mesh& mesh, EventQueue& events, BoundaryCheck& boundaries)
    : workload_(workload),
      lowered_(lowered),
      packets_(packets),
      mesh_(mesh),
      events_(events),
      boundaries_(boundaries),
      wheel_(static_cast<size_t>(lowered.routers()), lowered.mesh.credit() + 1),
      queues_(static_cast<size_t>(lowered.routers())),
      times_(workload.messages.size()),
      arrived_(workload.messages.size()) {}

void Traffic::offer(int32_t message, int64_t now) {
  const auto& source = workload_.messages[static_cast<size_t>(message)].source;
  const auto tile = static_cast<size_t>(workload_.tasks[static_cast<size_t>(source)].tile.index());
  times_[static_cast<size_t>(message)].offered = now;
  Queue& queue = queues_[tile];
  if (queue.idle()) {
    queue.messages.clear();
    queue.next = 0;
  }
  queue.messages.push_back(message);
  wheel_.wake(tile, now);
}

void Traffic::step(int64_t now, core::Rng* order) {
  const auto act = [&](size_t tile) { step_tile(static_cast<int>(tile), now); };
  if (order != nullptr) {
    wheel_.drain_shuffled(now, *order, act);
  } else {
    wheel_.drain(now, act);
  }
}

int Traffic::block_of(const workload::Message& message) const {
  if (message.kind != workload::MessageKind::kBoundary) return -1;
  return workload_.tasks[static_cast<size_t>(message.source)].block;
}

uint32_t Traffic::open_packet(int32_t message, int32_t index) {
  const auto& spec = workload_.messages[static_cast<size_t>(message)];
  Packet packet;
  packet.target = lowered_.place(workload_.tasks[static_cast<size_t>(spec.target)].tile.index());
  packet.message = message;
  packet.index = index;
  if (const int block = block_of(spec); block >= 0) {
    const codec::Packet& real = boundaries_.packets(block)[static_cast<size_t>(index)];
    packet.boundary = workload_.blocks[static_cast<size_t>(block)].boundary;
    packet.flits = real.flits;
    packet.body_bits = width(real.bits / real.flits);
    packet.head_bits = width(real.bits - int64_t{packet.body_bits} * (real.flits - 1));
  } else {
    packet.flits = spec.flits_per_packet;
    packet.body_bits = width(spec.bits_per_flit);
    packet.head_bits = index == 0 ? width(spec.first_flit_bits()) : packet.body_bits;
  }
  return packets_.add(packet);
}

// A message keeps its VC from end to end, so its flits stay in order.
void Traffic::step_tile(int tile, int64_t now) {
  Queue& queue = queues_[static_cast<size_t>(tile)];
  if (queue.idle()) return;
  const int32_t message = queue.messages[queue.next];
  const int vc = message % lowered_.mesh.virtual_channels;
  const int64_t room = mesh_.room_at(tile, kLocal, vc);
  if (room > now) {
    if (room != kNever) wheel_.wake(static_cast<size_t>(tile), room);
    return;
  }
  if (queue.packet == kNoPacket) {
    queue.packet = open_packet(message, queue.packet_index);
    ++counts_.packets_in;
  }
  if (times_[static_cast<size_t>(message)].injected < 0) {
    times_[static_cast<size_t>(message)].injected = now;
  }
  const Packet& packet = packets_[queue.packet];
  Flit flit;
  flit.packet = queue.packet;
  flit.target = packet.target;
  flit.bits = queue.flit == 0 ? packet.head_bits : packet.body_bits;
  flit.tail = queue.flit + 1 == packet.flits;
  flit.vc = static_cast<uint8_t>(vc);
  flit.sequence = static_cast<uint16_t>(queue.flit % kSequenceRange);
  mesh_.accept(tile, kLocal, flit, now + kInjectionCycles + lowered_.mesh.router - 1);
  ++counts_.flits_in;
  counts_.bits_in += flit.bits;
  close_flit(queue, packet);
  if (!queue.idle()) wheel_.wake(static_cast<size_t>(tile), now + 1);
}

/// Moves the queue on to the next flit, packet or message.
void Traffic::close_flit(Queue& queue, const Packet& packet) {
  if (++queue.flit < packet.flits) return;
  queue.flit = 0;
  queue.packet = kNoPacket;
  const auto& message = workload_.messages[static_cast<size_t>(queue.messages[queue.next])];
  if (++queue.packet_index < message.packets) return;
  queue.packet_index = 0;
  ++queue.next;
}

void Traffic::eject(int router, Flit flit, int64_t done) {
  Packet& packet = packets_[flit.packet];
  const bool in_place = packet.target == lowered_.place(router) &&
                        packet.received % kSequenceRange == flit.sequence &&
                        flit.tail == (packet.received + 1 == packet.flits);
  if (!in_place) {
    throw core::RunError(
        fmt::format("flit {} of packet {} of message {} reached tile {} out of order",
                    uint32_t{flit.sequence}, packet.index, packet.message, router));
  }
  ++packet.received;
  ++counts_.flits_out;
  counts_.bits_out += flit.bits;
  if (flit.tail) finish_packet(flit.packet, router, done);
}

void Traffic::finish_packet(uint32_t name, int router, int64_t done) {
  const Packet& packet = packets_[name];
  const auto& message = workload_.messages[static_cast<size_t>(packet.message)];
  int32_t& arrived = arrived_[static_cast<size_t>(packet.message)];
  if (packet.index != arrived) {
    throw core::RunError(fmt::format("packet {} of message {} arrived in place of packet {}",
                                     packet.index, packet.message, arrived));
  }
  const int source = workload_.tasks[static_cast<size_t>(message.source)].tile.index();
  const int64_t hops = xy_route(lowered_, source, router).routers;
  counts_.flit_hops += hops * packet.flits;
  counts_.bit_hops += hops * (packet.head_bits + int64_t{packet.body_bits} * (packet.flits - 1));
  ++counts_.packets_out;
  if (const int block = block_of(message); block >= 0) boundaries_.arrived(block, packet.index);
  if (++arrived == message.packets) {
    times_[static_cast<size_t>(packet.message)].delivered = done;
    events_.push(done, EventKind::kMessageArrived, packet.message);
  }
  packets_.release(name);
}

}  // namespace ranvier::sim
