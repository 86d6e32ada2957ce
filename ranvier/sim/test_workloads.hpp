#pragma once
// Small packages and workloads for tests.

#include "ranvier/arch/package.hpp"
#include "ranvier/codec/codec.hpp"
#include "ranvier/codec/wire.hpp"
#include "ranvier/workload/workload.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ranvier::sim::testing {

inline arch::PackageSpec package(int chips_x, int chips_y, int mesh) {
  arch::PackageSpec spec;
  spec.chips_x = chips_x;
  spec.chips_y = chips_y;
  spec.chip.mesh = mesh;
  return spec;
}

/// Collects tasks and messages in any order; build() puts them into the order that workload::check
/// asks for.
class Builder {
 public:
  Builder() {
    workload_.name = "test";
    workload_.layer_names = {"layer"};
  }

  int32_t task(int tile, int64_t service = 0,
               workload::TaskKind kind = workload::TaskKind::kCompute) {
    workload::Task task;
    task.tile = core::TileId(tile);
    task.kind = kind;
    task.layer = 0;
    task.service = core::Cycles(service);
    workload_.tasks.push_back(task);
    return static_cast<int32_t>(workload_.tasks.size() - 1);
  }

  int32_t message(int32_t source, int32_t target, int packets = 1, int flits = 1, int bits = 32) {
    workload::Message message;
    message.source = source;
    message.target = target;
    message.packets = packets;
    message.flits_per_packet = flits;
    message.bits_per_flit = bits;
    message.bits = int64_t{packets} * flits * bits;
    workload_.messages.push_back(message);
    return static_cast<int32_t>(workload_.messages.size() - 1);
  }

  /// Another target for the packets of the message that was added last.
  int32_t branch(int32_t target) {
    workload::Message message = workload_.messages.back();
    message.target = target;
    message.branch = true;
    workload_.messages.push_back(message);
    return static_cast<int32_t>(workload_.messages.size() - 1);
  }

  int32_t boundary(codec::CodecSpec spec, codec::WireKind wire, int64_t elements) {
    workload::BoundaryInfo info;
    info.name = "cut";
    info.params.spec = spec;
    info.params.channels.assign(1, {});
    info.wire = wire;
    info.elements = elements;
    workload_.boundaries.push_back(info);
    return static_cast<int32_t>(workload_.boundaries.size() - 1);
  }

  /// Encode task, boundary message and decode task of one block; sizes and expected values are
  /// those of the codec.
  struct Crossing {
    int32_t block, encode, decode, message;
  };
  Crossing block(int32_t boundary, int near_tile, int far_tile, std::vector<int16_t> current,
                 const arch::PackageSpec& spec) {
    const auto& info = workload_.boundaries[static_cast<size_t>(boundary)];
    workload::Block block;
    block.boundary = boundary;
    block.channel.assign(current.size(), 0);
    for (uint32_t i = 0; i < current.size(); ++i) block.elements.push_back(i);
    block.current = std::move(current);
    const auto codec = codec::make_codec(info.params);
    const codec::Frame frame = codec->encode(block.current, block.channel);
    block.expected = codec->decode(frame, block.channel);
    return add(std::move(block), frame, near_tile, far_tile, spec);
  }

  /// A block of an SNN: the spikes of one step.
  Crossing spikes(int32_t boundary, int near_tile, int far_tile, std::vector<int16_t> symbols,
                  const arch::PackageSpec& spec) {
    workload::Block block;
    block.boundary = boundary;
    block.step = 0;
    block.channel.assign(symbols.size(), 0);
    for (uint32_t i = 0; i < symbols.size(); ++i) block.elements.push_back(i);
    block.expected.assign(symbols.begin(), symbols.end());
    block.symbols = symbols;
    const codec::Frame frame{1, static_cast<int>(symbols.size()), std::move(symbols)};
    return add(std::move(block), frame, near_tile, far_tile, spec);
  }

  /// Another decoder for the block that was added last. Returns its task.
  int32_t decoder(int far_tile) {
    const workload::Task decode = workload_.tasks.back();
    const int32_t made = task(far_tile, 3, workload::TaskKind::kDecode);
    workload_.tasks.back().block = decode.block;
    workload_.tasks.back().events = decode.events;
    branch(made);
    return made;
  }

  workload::Workload& peek() { return workload_; }

  workload::Workload build() {
    std::stable_sort(workload_.messages.begin(), workload_.messages.end(),
                     [](const auto& a, const auto& b) { return a.source < b.source; });
    std::vector<int32_t> tiles;
    for (const auto& task : workload_.tasks) tiles.push_back(task.tile.index());
    std::sort(tiles.begin(), tiles.end());
    workload_.tiles_used =
        static_cast<int32_t>(std::unique(tiles.begin(), tiles.end()) - tiles.begin());
    return workload_;
  }

 private:
  Crossing add(workload::Block block, const codec::Frame& frame, int near_tile, int far_tile,
               const arch::PackageSpec& spec) {
    const auto& info = workload_.boundaries[static_cast<size_t>(block.boundary)];
    const auto wire = codec::make_wire_format(info.wire, info.params, arch::wire_layout(spec))
                          ->encode(frame, block.elements);
    Crossing made{static_cast<int32_t>(workload_.blocks.size()), -1, -1, -1};
    workload_.blocks.push_back(std::move(block));
    made.encode = task(near_tile, 3, workload::TaskKind::kEncode);
    made.decode = task(far_tile, 3, workload::TaskKind::kDecode);
    const bool dense = info.params.spec.kind == codec::CodecKind::kDense;
    for (const int32_t t : {made.encode, made.decode}) {
      workload_.tasks[static_cast<size_t>(t)].block = made.block;
      workload_.tasks[static_cast<size_t>(t)].events = dense ? frame.elements : frame.events();
    }
    int flits = 1;
    for (const auto& packet : wire.packets) flits = std::max(flits, packet.flits);
    const auto& last = wire.packets.back();
    made.message = message(made.encode, made.decode, static_cast<int>(wire.packets.size()), flits,
                           last.bits / last.flits);
    auto& sent = workload_.messages.back();
    sent.kind = workload::MessageKind::kBoundary;
    sent.bits = wire.bits();
    return made;
  }

  workload::Workload workload_;
};

}  // namespace ranvier::sim::testing
