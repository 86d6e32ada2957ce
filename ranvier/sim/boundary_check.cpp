#include "ranvier/sim/boundary_check.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace ranvier::sim {
namespace {

bool spiking(const workload::Block& block) { return block.step >= 0; }

int64_t events_of(const workload::BoundaryInfo& boundary, const codec::Frame& frame) {
  const bool dense = boundary.params.spec.kind == codec::CodecKind::kDense;
  return dense ? int64_t{frame.elements} : frame.events();
}

void require_equal(int64_t expected, int64_t got, const char* what, const std::string& name,
                   int32_t block) {
  if (expected == got) return;
  throw core::RunError(
      fmt::format("boundary {}, block {}: the workload announces {} {}, the encoder made {}", name,
                  block, expected, what, got));
}

}  // namespace

BoundaryCheck::BoundaryCheck(const workload::Workload& workload, const arch::PackageSpec& package,
                             const codec::BitErrors& errors)
    : workload_(workload),
      frames_(workload.blocks.size()),
      decoders_(workload.blocks.size()),
      slots_(workload.tasks.size(), -1),
      totals_(workload.boundaries.size()),
      link_{.errors = errors,
            .checked = package.serdes.crc_bits > 0,
            .overhead_bits = package.link_overhead_bits()} {
  const codec::WireLayout layout = arch::wire_layout(package);
  for (const auto& boundary : workload.boundaries) {
    converters_.push_back({codec::make_codec(boundary.params),
                           codec::make_wire_format(boundary.wire, boundary.params, layout)});
  }
  int32_t slots = 0;
  for (size_t t = 0; t < workload.tasks.size(); ++t) {
    if (workload.tasks[t].kind != workload::TaskKind::kDecode) continue;
    slots_[t] = slots++;
    ++decoders_[static_cast<size_t>(workload.tasks[t].block)];
  }
  arrivals_.resize(static_cast<size_t>(slots));
  damages_.resize(static_cast<size_t>(slots));
}

codec::Frame BoundaryCheck::frame_of(const workload::Block& block) const {
  if (!spiking(block)) return converter(block).codec->encode(block.current, block.channel);
  return {.steps = 1, .elements = static_cast<int>(block.symbols.size()), .symbols = block.symbols};
}

const std::vector<codec::Packet>& BoundaryCheck::encode(const workload::Task& task,
                                                        const workload::Message& message,
                                                        core::Ledger& ledger) {
  const auto& block = workload_.blocks[static_cast<size_t>(task.block)];
  const auto& boundary = workload_.boundaries[static_cast<size_t>(block.boundary)];
  const codec::Frame frame = frame_of(block);
  codec::WireFrame wire = converter(block).wire->encode(frame, block.elements);
  require_equal(task.events, events_of(boundary, frame), "events", boundary.name, task.block);
  require_equal(message.packets, static_cast<int64_t>(wire.packets.size()), "packets",
                boundary.name, task.block);
  int64_t longest = 0;
  for (const auto& packet : wire.packets) longest = std::max<int64_t>(longest, packet.flits);
  require_equal(message.flits_per_packet, longest, "flits per packet", boundary.name, task.block);
  require_equal(message.bits, wire.bits(), "bits", boundary.name, task.block);
  count(block, frame, true, ledger);
  if (codec::tries_rans(boundary.wire, boundary.params)) count_rans(frame, ledger);
  auto& sent = frames_[static_cast<size_t>(task.block)];
  sent = std::move(wire);
  return sent.packets;
}

codec::WireFrame BoundaryCheck::take(int32_t block, int32_t index) {
  codec::WireFrame& frame = frames_[static_cast<size_t>(block)];
  codec::Packet& here = frame.packets[static_cast<size_t>(index)];
  codec::WireFrame taken{.kind = frame.kind, .packets = {here}};
  if (!is_shared(block)) here.bytes = {};
  return taken;
}

void BoundaryCheck::put(int32_t block, int32_t index, int32_t packets, codec::WireFrame packet) {
  codec::WireFrame& frame = frames_[static_cast<size_t>(block)];
  frame.kind = packet.kind;
  if (frame.packets.empty()) frame.packets.resize(static_cast<size_t>(packets));
  frame.packets[static_cast<size_t>(index)] = std::move(packet.packets.front());
}

void BoundaryCheck::count_rans(const codec::Frame& frame, core::Ledger& ledger) {
  ledger.add(core::Event::kRansSymbols, static_cast<int64_t>(frame.symbols.size()));
}

void BoundaryCheck::count(const workload::Block& block, const codec::Frame& frame, bool encoding,
                          core::Ledger& ledger) const {
  const auto& boundary = workload_.boundaries[static_cast<size_t>(block.boundary)];
  const int64_t elements = spiking(block) ? 0 : int64_t{frame.elements};
  const int64_t events = events_of(boundary, frame);
  if (encoding) {
    ledger.add(core::Event::kClpEncodeElements,
               elements * codec::encode_steps(boundary.params.spec));
    ledger.add(core::Event::kClpEncodeEvents, events);
  } else {
    ledger.add(core::Event::kClpDecodeEvents, events);
    ledger.add(core::Event::kClpDecodeElements, elements);
  }
}

/// The wire frame as it arrived: order and completeness are those of the network, not of the
/// sender.
codec::WireFrame BoundaryCheck::collect(int32_t decoder) {
  const int32_t block = workload_.tasks[static_cast<size_t>(decoder)].block;
  auto& sent = frames_[static_cast<size_t>(block)];
  auto& arrivals = arrivals_[slot(decoder)];
  const auto& boundary =
      workload_
          .boundaries[static_cast<size_t>(workload_.blocks[static_cast<size_t>(block)].boundary)];
  codec::WireFrame received{.kind = sent.kind, .packets = {}};
  for (size_t i = 0; i < arrivals.size(); ++i) {
    if (arrivals[i] != static_cast<int32_t>(i) || i >= sent.packets.size()) {
      throw core::RunError(
          fmt::format("boundary {}, block {}: packet {} arrived in place of packet {}",
                      boundary.name, block, arrivals[i], i));
    }
    codec::Packet& packet = sent.packets[static_cast<size_t>(arrivals[i])];
    received.packets.push_back(is_shared(block) ? packet : std::move(packet));
  }
  if (arrivals.size() != sent.packets.size()) {
    throw core::RunError(fmt::format("boundary {}, block {}: {} of {} packets arrived",
                                     boundary.name, block, arrivals.size(), sent.packets.size()));
  }
  if (!is_shared(block)) sent.packets = {};
  arrivals = {};
  return received;
}

void BoundaryCheck::decode(int32_t decoder, core::Ledger& ledger) {
  const auto& task = workload_.tasks[static_cast<size_t>(decoder)];
  const auto& block = workload_.blocks[static_cast<size_t>(task.block)];
  const auto& boundary = workload_.boundaries[static_cast<size_t>(block.boundary)];
  codec::WireFrame wire = collect(decoder);
  if (!damages_[slot(decoder)].empty()) return decode_damaged(decoder, std::move(wire), ledger);
  const codec::Frame frame =
      converter(block).wire->decode(wire, static_cast<int>(block.elements.size()), block.elements);
  require_equal(task.events, events_of(boundary, frame), "events", boundary.name, task.block);
  compare(block, task.block, frame);
  count(block, frame, false, ledger);
  if (wire.kind == codec::WireKind::kRans) count_rans(frame, ledger);
  Totals& totals = totals_[static_cast<size_t>(block.boundary)];
  totals.events += events_of(boundary, frame);
  totals.blocks += 1;
  totals.values += static_cast<int64_t>(block.expected.size());
}

std::vector<int32_t> BoundaryCheck::values_of(const workload::Block& block, int32_t index,
                                              const codec::Frame& frame) const {
  std::vector<int32_t> values =
      spiking(block) ? std::vector<int32_t>(frame.symbols.begin(), frame.symbols.end())
                     : converter(block).codec->decode(frame, block.channel);
  if (values.size() != block.expected.size()) {
    const std::string& name = workload_.boundaries[static_cast<size_t>(block.boundary)].name;
    throw core::RunError(fmt::format("boundary {}, block {}: {} values decoded, {} expected", name,
                                     index, values.size(), block.expected.size()));
  }
  return values;
}

void BoundaryCheck::compare(const workload::Block& block, int32_t index,
                            const codec::Frame& frame) const {
  const std::vector<int32_t> values = values_of(block, index, frame);
  const std::string& name = workload_.boundaries[static_cast<size_t>(block.boundary)].name;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] == block.expected[i]) continue;
    throw core::RunError(fmt::format(
        "boundary {}, block {}: element {} decoded to {} on the far chip, the network used {}",
        name, index, block.elements[i], values[i], block.expected[i]));
  }
}

void BoundaryCheck::decode_damaged(int32_t decoder, codec::WireFrame wire, core::Ledger& ledger) {
  const auto& task = workload_.tasks[static_cast<size_t>(decoder)];
  const auto& block = workload_.blocks[static_cast<size_t>(task.block)];
  const auto& boundary = workload_.boundaries[static_cast<size_t>(block.boundary)];
  const auto elements = static_cast<int>(block.elements.size());
  const codec::WireKind kind = wire.kind;
  auto read = codec::read_damaged(link_, *converter(block).wire, std::move(wire), elements,
                                  block.elements, task.block, damages_[slot(decoder)]);
  Totals& totals = totals_[static_cast<size_t>(block.boundary)];
  totals.damaged_blocks += 1;
  totals.lost_blocks += !read;
  if (!read) read = codec::silent_frame(boundary.params.spec, elements);
  const std::vector<int32_t> values = values_of(block, task.block, *read);
  for (size_t i = 0; i < values.size(); ++i) {
    const int64_t error = std::abs(int64_t{values[i]} - block.expected[i]);
    totals.values += error == 0;
    totals.values_damaged += error != 0;
    totals.value_error_sum += error;
  }
  count(block, *read, false, ledger);
  if (kind == codec::WireKind::kRans) count_rans(*read, ledger);
  totals.events += events_of(boundary, *read);
  totals.blocks += 1;
}

template <class Archive>
void BoundaryCheck::persist_members(Archive& archive) {
  for (codec::WireFrame& frame : frames_) {
    size_t packets = frame.packets.size();
    archive(frame.kind, packets);
    frame.packets.resize(packets);
    for (codec::Packet& packet : frame.packets) archive(packet.bytes, packet.flits, packet.bits);
  }
  archive(arrivals_, damages_, totals_);
}

void BoundaryCheck::persist(StateWriter& archive) { persist_members(archive); }
void BoundaryCheck::persist(StateReader& archive) { persist_members(archive); }

}  // namespace ranvier::sim
