#include "ranvier/sim/traffic.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ranvier::sim {
Traffic::Traffic(std::vector<MessageEnds> ends, MessagePort& messages, const Lowered& lowered,
                 PacketPool& packets, Mesh& mesh, EventQueue& events)
    : ends_(std::move(ends)),
      trees_(lowered, ends_),
      messages_(messages),
      lowered_(lowered),
      packets_(packets),
      mesh_(mesh),
      events_(events),
      wheel_(static_cast<size_t>(lowered.routers()), lowered.mesh.credit() + 1),
      queues_(static_cast<size_t>(lowered.routers())),
      times_(ends_.size()),
      spreads_(ends_.size()),
      arrived_(ends_.size()) {
  if (trees_.empty()) return;
  received_.resize(queues_.size() * static_cast<size_t>(lowered.mesh.virtual_channels));
}

void Traffic::offer(int32_t message, int64_t now, int64_t spread) {
  const auto tile = static_cast<size_t>(ends(message).source);
  const int32_t last = message + ends(message).branches;
  for (int32_t m = message; m <= last; ++m) times_[static_cast<size_t>(m)].offered = now;
  spreads_[static_cast<size_t>(message)] = spread;
  Queue& queue = queues_[tile];
  if (queue.idle()) {
    queue.messages.clear();
    queue.next = 0;
  }
  queue.messages.push_back(message);
  queue.waiting += ends(message).flits;
  wheel_.wake(tile, now);
}

bool Traffic::overflows(int tile) {
  Queue& queue = queues_[static_cast<size_t>(tile)];
  queue.overflows = queue.waiting > lowered_.output_flits;
  return queue.overflows;
}

/// Of the message at the front: cycle from which on its flit is in the output buffer.
int64_t Traffic::ready_at(const Queue& queue, int64_t flit) const {
  const auto message = static_cast<size_t>(queue.messages[queue.next]);
  const int64_t last = ends_[message].flits - 1;
  const int64_t spread = spreads_[message];
  const int64_t ready = times_[message].offered + (last == 0 ? spread : spread * flit / last);
  return flit < queue.delayed_from ? ready : ready + queue.delay;
}

/// A flit leaves: its place in the buffer is free for the next from the following cycle on.
void Traffic::count_flit(Queue& queue, int tile, int64_t now) {
  const int64_t next = queue.sent + lowered_.output_flits;
  if (next < ends(queue.messages[queue.next]).flits) {
    const int64_t late = now + 1 - ready_at(queue, next);
    if (late > 0) {
      queue.delay += late;
      queue.delayed_from = next;
    }
  }
  ++queue.sent;
  --queue.waiting;
  if (queue.overflows && queue.waiting <= lowered_.output_flits) {
    queue.overflows = false;
    events_.push(now + 1, EventKind::kOutputFits, tile);
  }
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
  packet.message = message;
  packet.index = index;
  const int32_t tree = ends(message).tree;
  if (tree < 0) {
    packet.target = lowered_.place(ends(message).target);
  } else {
    packet.target = tree_name(tree);
    counts_.flit_hops += trees_.hops(tree) * packet.flits;
    counts_.bit_hops += trees_.hops(tree) * packet.bits();
  }
  return packets_.add(packet);
}

void Traffic::fork(uint32_t name, int copies) {
  Packet& packet = packets_[name];
  packet.copies += copies;
  counts_.packets_forked += copies;
  counts_.flits_forked += int64_t{copies} * packet.flits;
  counts_.bits_forked += copies * packet.bits();
}

void Traffic::step_tile(int tile, int64_t now) {
  Queue& queue = queues_[static_cast<size_t>(tile)];
  if (queue.idle()) return;
  const int32_t message = queue.messages[queue.next];
  if (const int64_t ready = ready_at(queue, queue.sent); ready > now) {
    wheel_.wake(static_cast<size_t>(tile), std::min(ready, now + lowered_.mesh.credit() + 1));
    return;
  }
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
    const int32_t last = message + ends(message).branches;
    for (int32_t m = message; m <= last; ++m) times_[static_cast<size_t>(m)].injected = now;
  }
  const Packet& packet = packets_[queue.packet];
  Flit flit;
  flit.packet = queue.packet;
  flit.target = packet.target;
  flit.bits = queue.flit == 0 ? packet.head_bits : packet.body_bits;
  flit.tail = queue.flit + 1 == packet.flits;
  flit.vc = static_cast<uint8_t>(vc);
  flit.in_tree = ends(message).tree >= 0;
  flit.sequence = static_cast<uint16_t>(queue.flit % kSequenceRange);
  mesh_.accept(tile, kLocal, flit, now + kInjectionCycles + lowered_.mesh.router - 1);
  ++counts_.flits_in;
  counts_.bits_in += flit.bits;
  count_flit(queue, tile, now);
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
  queue.sent = queue.delayed_from = queue.delay = 0;
  ++queue.next;
}

/// Flits of the packet that reached the tile. Copies of one packet arrive at several tiles, and a
/// tile ejects one packet of a VC at a time.
int32_t& Traffic::received(Packet& packet, int router, int vc) {
  if (ends(packet.message).tree < 0) return packet.received;
  return received_[static_cast<size_t>(router * lowered_.mesh.virtual_channels + vc)];
}

bool Traffic::is_target(const Packet& packet, int router) const {
  const int32_t tree = ends(packet.message).tree;
  if (tree < 0) return packet.target == lowered_.place(router);
  return !trees_.messages_at(tree, router).empty();
}

void Traffic::eject(int router, Flit flit, int64_t done) {
  Packet& packet = packets_[flit.packet];
  int32_t& received = this->received(packet, router, flit.vc);
  const bool in_place = is_target(packet, router) && received % kSequenceRange == flit.sequence &&
                        flit.tail == (received + 1 == packet.flits);
  if (!in_place) {
    throw core::RunError(
        fmt::format("flit {} of packet {} of message {} reached tile {} out of order",
                    uint32_t{flit.sequence}, packet.index, packet.message, router));
  }
  if (flit.damages > 0) note_damage(packet, router, received);
  ++received;
  ++counts_.flits_out;
  counts_.bits_out += flit.bits;
  if (!flit.tail) return;
  received = 0;
  finish_packet(flit.packet, router, done);
}

void Traffic::note_damage(const Packet& packet, int router, int32_t flit) {
  const int32_t tree = ends(packet.message).tree;
  if (tree < 0) return messages_.flit_damaged(packet.message, packet.index, flit);
  for (const int32_t message : trees_.messages_at(tree, router)) {
    messages_.flit_damaged(message, packet.index, flit);
  }
}

void Traffic::finish_packet(uint32_t name, int router, int64_t done) {
  const Packet& packet = packets_[name];
  const int32_t tree = ends(packet.message).tree;
  ++counts_.packets_out;
  if (tree < 0) {
    const int64_t hops = xy_route(lowered_, ends(packet.message).source, router).routers;
    counts_.flit_hops += hops * packet.flits;
    counts_.bit_hops += hops * packet.bits();
    finish_message(packet, packet.message, done);
  } else {
    for (const int32_t message : trees_.messages_at(tree, router)) {
      finish_message(packet, message, done);
    }
  }
  packets_.release(name);
}

/// A packet of `message` is complete.
void Traffic::finish_message(const Packet& packet, int32_t message, int64_t done) {
  int32_t& arrived = arrived_[static_cast<size_t>(message)];
  if (packet.index != arrived) {
    throw core::RunError(fmt::format("packet {} of message {} arrived in place of packet {}",
                                     packet.index, message, arrived));
  }
  messages_.packet_arrived(message, packet.index);
  if (++arrived < ends(message).packets) return;
  times_[static_cast<size_t>(message)].delivered = done;
  events_.push(done, EventKind::kMessageArrived, message);
}

}  // namespace ranvier::sim
