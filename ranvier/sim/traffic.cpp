#include "ranvier/sim/traffic.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <utility>

namespace ranvier::sim {
Traffic::Traffic(std::vector<MessageEnds> ends, MessagePort& messages, const Lowered& lowered,
                 PacketPool& packets, Mesh& mesh, EventQueue& events)
    : ends_(std::move(ends)),
      messages_(messages),
      lowered_(lowered),
      packets_(packets),
      mesh_(mesh),
      events_(events),
      wheel_(static_cast<size_t>(lowered.routers()), lowered.mesh.credit() + 1),
      queues_(static_cast<size_t>(lowered.routers())),
      times_(ends_.size()),
      arrived_(ends_.size()) {}

void Traffic::offer(int32_t message, int64_t now) {
  const auto tile = static_cast<size_t>(ends(message).source);
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

uint32_t Traffic::open_packet(int32_t message, int32_t index) {
  Packet packet = messages_.open(message, index);
  packet.target = lowered_.place(ends(message).target);
  packet.message = message;
  packet.index = index;
  return packets_.add(packet);
}

void Traffic::step_tile(int tile, int64_t now) {
  Queue& queue = queues_[static_cast<size_t>(tile)];
  if (queue.idle()) return;
  const int32_t message = queue.messages[queue.next];
  const int vc = ends(message).vc;
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
  if (++queue.packet_index < ends(queue.messages[queue.next]).packets) return;
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
  if (flit.damages > 0) messages_.flit_damaged(packet.message, packet.index, packet.received);
  ++packet.received;
  ++counts_.flits_out;
  counts_.bits_out += flit.bits;
  if (flit.tail) finish_packet(flit.packet, router, done);
}

void Traffic::finish_packet(uint32_t name, int router, int64_t done) {
  const Packet& packet = packets_[name];
  int32_t& arrived = arrived_[static_cast<size_t>(packet.message)];
  if (packet.index != arrived) {
    throw core::RunError(fmt::format("packet {} of message {} arrived in place of packet {}",
                                     packet.index, packet.message, arrived));
  }
  const int64_t hops = xy_route(lowered_, ends(packet.message).source, router).routers;
  counts_.flit_hops += hops * packet.flits;
  counts_.bit_hops += hops * (packet.head_bits + int64_t{packet.body_bits} * (packet.flits - 1));
  ++counts_.packets_out;
  messages_.packet_arrived(packet.message, packet.index);
  if (++arrived == ends(packet.message).packets) {
    times_[static_cast<size_t>(packet.message)].delivered = done;
    events_.push(done, EventKind::kMessageArrived, packet.message);
  }
  packets_.release(name);
}

}  // namespace ranvier::sim
