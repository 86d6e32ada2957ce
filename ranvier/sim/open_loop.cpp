#include "ranvier/sim/open_loop.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace ranvier::sim {
namespace {

// A tile whose next packet lies further ahead looks again after so many cycles.
constexpr int64_t kLookAhead = 63;

}  // namespace

void OpenLoop::Measured::add(const Measured& other) {
  packet.add(other.packet);
  network.add(other.network);
  hops += other.hops;
  flits_out += other.flits_out;
}

OpenLoop::OpenLoop(const OpenLoopSpec& spec, const Targets& targets, const Share& share,
                   PacketPool& packets, Mesh& mesh)
    : spec_(spec),
      targets_(targets),
      lowered_(share.lowered()),
      packets_(packets),
      mesh_(mesh),
      wheel_(static_cast<size_t>(lowered_.routers()),
             std::max<int64_t>(kLookAhead, lowered_.mesh.credit() + 1)) {
  sources_.reserve(static_cast<size_t>(lowered_.routers()));
  for (int tile = 0; tile < lowered_.routers(); ++tile) {
    sources_.push_back({.stream = PacketStream(spec.seed, tile, spec.packets_per_cycle, targets),
                        .place = lowered_.place(tile)});
    if (!share.owns(tile)) continue;
    wheel_.wake(static_cast<size_t>(tile), std::min(sources_.back().stream.created(), kLookAhead));
  }
}

void OpenLoop::step(int64_t now, core::Rng* order) {
  const auto act = [&](size_t tile) { step_tile(static_cast<int>(tile), now); };
  if (order != nullptr) {
    wheel_.drain_shuffled(now, *order, act);
  } else {
    wheel_.drain(now, act);
  }
}

void OpenLoop::step_tile(int tile, int64_t now) {
  Source& source = sources_[static_cast<size_t>(tile)];
  source.blocked = false;
  if (source.packet == kNoPacket && source.stream.created() > now) {
    wake_for_next(source, tile, now);
    return;
  }
  const int64_t room = mesh_.room_at(tile, kLocal, source.vc);
  if (room > now) {
    source.blocked = room == kNever;
    if (!source.blocked) wheel_.wake(static_cast<size_t>(tile), room);
    return;
  }
  if (source.packet == kNoPacket) open_packet(source, tile, now);
  send_flit(source, tile, now);
  wake_for_next(source, tile, now);
}

void OpenLoop::wake_for_next(const Source& source, int tile, int64_t now) {
  const int64_t next =
      source.packet != kNoPacket ? now + 1 : std::max(now + 1, source.stream.created());
  wheel_.wake(static_cast<size_t>(tile), std::min(next, now + kLookAhead));
}

void OpenLoop::open_packet(Source& source, int tile, int64_t now) {
  Packet packet;
  packet.target = lowered_.place(source.stream.target());
  packet.message = tile;
  packet.flits = spec_.packet_flits;
  packet.head_bits = packet.body_bits = static_cast<uint16_t>(spec_.flit_bits);
  source.packet = packets_.add(packet);
  source.flit = 0;
  note_birth(source.packet, {source.stream.created(), now, source.place});
  ++source.opened;
  source.stream.advance(targets_);
}

void OpenLoop::note_birth(uint32_t name, const Birth& birth) {
  if (name >= births_.size()) births_.resize(name + 1);
  births_[name] = birth;
}

void OpenLoop::pack(uint32_t name, const Packet&, Writer& out) { out.put(births_[name]); }

void OpenLoop::unpack(uint32_t name, const Packet&, Reader& in) {
  note_birth(name, in.get<Birth>());
}

// The packets of a tile take the VCs in turn; each keeps its VC from end to end.
void OpenLoop::send_flit(Source& source, int tile, int64_t now) {
  Flit flit;
  flit.packet = source.packet;
  flit.target = packets_[source.packet].target;
  flit.bits = static_cast<uint16_t>(spec_.flit_bits);
  flit.tail = source.flit + 1 == spec_.packet_flits;
  flit.vc = source.vc;
  flit.sequence = static_cast<uint16_t>(source.flit % kSequenceRange);
  mesh_.accept(tile, kLocal, flit, now + kInjectionCycles + lowered_.mesh.router - 1);
  ++source.flit;
  if (!flit.tail) return;
  source.packet = kNoPacket;
  source.vc =
      static_cast<uint8_t>(source.vc + 1 < lowered_.mesh.virtual_channels ? source.vc + 1 : 0);
}

void OpenLoop::injection_room(int router, int64_t cycle) {
  if (sources_[static_cast<size_t>(router)].blocked) {
    wheel_.wake(static_cast<size_t>(router), cycle);
  }
}

void OpenLoop::eject(int router, Flit flit, int64_t done) {
  Packet& packet = packets_[flit.packet];
  const bool in_place = packet.target.y * lowered_.mesh.width + packet.target.x == router &&
                        packet.received % kSequenceRange == flit.sequence &&
                        flit.tail == (packet.received + 1 == packet.flits);
  if (!in_place) {
    throw core::RunError(
        fmt::format("flit {} of a packet from tile {} reached tile {} out of order",
                    uint32_t{flit.sequence}, packet.message, router));
  }
  ++packet.received;
  measured_.flits_out += done >= spec_.begin && done < spec_.end;
  if (flit.tail) finish_packet(flit.packet, done);
}

void OpenLoop::finish_packet(uint32_t name, int64_t done) {
  const Birth& birth = births_[name];
  ++packets_out_;
  if (birth.created >= spec_.begin && birth.created < spec_.end) {
    measured_.packet.add(done - birth.created);
    measured_.network.add(done - birth.injected);
    const Place to = packets_[name].target;
    measured_.hops += 1 + std::abs(to.x - birth.source.x) + std::abs(to.y - birth.source.y);
  }
  packets_.release(name);
}

int64_t OpenLoop::packets_in() const {
  int64_t sum = 0;
  for (const Source& source : sources_) sum += source.opened;
  return sum;
}

int64_t OpenLoop::queued(int tile, int64_t cycle) const {
  PacketStream ahead = sources_[static_cast<size_t>(tile)].stream;
  int64_t count = 0;
  for (; ahead.created() < cycle; ++count) ahead.advance(targets_);
  return count;
}

}  // namespace ranvier::sim
