#include "ranvier/sim/border.hpp"

#include "ranvier/core/error.hpp"

namespace ranvier::sim {
namespace {

enum class RecordKind : uint8_t { kFlit, kHead, kCredit };

void require_later(bool holds) {
  RANVIER_CONTRACT(holds, "a record between chips takes effect in a later window");
}

}  // namespace

Border::Border(const Share& share, PacketPool& packets, LinkPort& here)
    : clocks_(share.lowered().crossing.clocks),
      here_(here),
      index_(share.index),
      queues_(share.lowered().lanes_per_side * share.lowered().mesh.virtual_channels),
      packets_(packets),
      outboxes_(static_cast<size_t>(share.partition.parts())),
      leaving_(share.lowered().sides.size() * static_cast<size_t>(queues_)),
      names_(leaving_.size(), kNoPacket) {
  for (const Side& side : share.lowered().sides) {
    near_part_.push_back(share.partition.of_chip(side.near_chip));
    far_part_.push_back(share.partition.of_chip(side.far_chip));
  }
}

void Border::open_window(int64_t end) {
  for (Bytes& outbox : outboxes_) outbox.clear();
  window_end_ = end;
  window_end_link_ = clocks_.link_at_or_after(end);
}

void Border::carry(const LinkFlit& record) {
  const int32_t part = far_part_[static_cast<size_t>(record.side)];
  if (part == index_) {
    here_.carry(record);
    return;
  }
  Bytes& outbox = outboxes_[static_cast<size_t>(part)];
  const size_t before = outbox.size();
  send(record, outbox);
  ++flits_sent_;
  bytes_sent_ += static_cast<int64_t>(outbox.size() - before);
}

void Border::send(const LinkFlit& record, Bytes& outbox) {
  require_later(record.visible >= window_end_);
  uint8_t& leaving = leaving_[ring(record.side, record.queue)];
  const uint32_t name = record.flit.packet;
  Writer out(outbox);
  out.put(leaving == 0 ? RecordKind::kHead : RecordKind::kFlit);
  out.put(record);
  if (leaving == 0) {
    out.put(packets_[name]);
    cargo_->pack(name, packets_[name], out);
    leaving = 1;
    ++shared_;
  }
  if (record.flit.tail) {
    packets_.release(name);
    leaving = 0;
    --shared_;
  }
}

void Border::carry(const LinkCredit& record) {
  const int32_t part = near_part_[static_cast<size_t>(record.side)];
  if (part == index_) {
    here_.carry(record);
    return;
  }
  require_later(record.free_at >= window_end_link_);
  Writer out(outboxes_[static_cast<size_t>(part)]);
  out.put(RecordKind::kCredit);
  out.put(record);
  ++credits_sent_;
  bytes_sent_ += static_cast<int64_t>(sizeof(RecordKind) + sizeof record);
}

void Border::receive(std::span<const std::byte> records) {
  for (Reader in(records); !in.at_end();) {
    const auto kind = in.get<RecordKind>();
    if (kind == RecordKind::kCredit) {
      const auto credit = in.get<LinkCredit>();
      require_later(credit.free_at >= window_end_link_);
      here_.carry(credit);
      continue;
    }
    auto flit = in.get<LinkFlit>();
    require_later(flit.visible >= window_end_);
    uint32_t& name = names_[ring(flit.side, flit.queue)];
    if (kind == RecordKind::kHead) {
      auto packet = in.get<Packet>();
      packet.copies = 1;  // others of it stay there
      name = packets_.add(packet);
      cargo_->unpack(name, packet, in);
    }
    flit.flit.packet = name;
    here_.carry(flit);
  }
}

}  // namespace ranvier::sim
