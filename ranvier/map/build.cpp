// build_workload: tasks layer by layer, then the messages of every task in the order of injection.

#include "ranvier/core/error.hpp"
#include "ranvier/map/block.hpp"
#include "ranvier/map/delivery.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/spikes.hpp"
#include "ranvier/map/work.hpp"

#include <fmt/format.h>

namespace ranvier::map {
namespace {

using workload::Message;
using workload::MessageKind;
using workload::Task;
using workload::TaskKind;

/// Index of the task of (step, item) in a run of tasks that is ordered by step, then item.
struct TaskRange {
  int32_t first = 0;
  int32_t items = 0;
  int32_t at(int step, size_t item) const {
    return first + step * items + static_cast<int32_t>(item);
  }
};

class Builder {
 public:
  Builder(const ir::Network& network, const Mapping& mapping, const ir::Activity& activity,
          int sample, codec::WireKind wire, const arch::PackageSpec& package)
      : network_(network),
        mapping_(mapping),
        package_(package),
        sample_(sample),
        spiking_(network.kind == ir::NetworkKind::kSnn),
        steps_(spiking_ ? network.steps : 1),
        deliveries_(network, mapping),
        spikes_(network, activity, sample) {
    for (size_t b = 0; b < network.boundaries.size(); ++b) {
      sources_.emplace_back(network, static_cast<int>(b), activity);
      wires_.push_back(
          codec::make_wire_format(wire, sources_.back().params(), arch::wire_layout(package)));
      describe_boundary(b, wire);
    }
  }

  workload::Workload build() {
    out_.name = network_.name;
    out_.tiles_used = mapping_.tiles_used;
    out_.chips_used = mapping_.chips_used;
    for (const ir::Layer& layer : network_.layers) out_.layer_names.push_back(layer.name);
    collect_received();
    for (size_t l = 0; l < network_.layers.size(); ++l) add_layer(l);
    for (size_t l = 0; l < network_.layers.size(); ++l) send_layer(l);
    return std::move(out_);
  }

 private:
  void describe_boundary(size_t b, codec::WireKind wire);
  int boundary_of(size_t layer) const;
  /// A membrane shortcut adds currents, not spikes: they travel as values, step by step.
  bool is_current(const Delivery& delivery) const {
    return spiking_ && delivery.operand == Operand::kResidual;
  }
  int width_of(const Delivery& delivery, int boundary) const;
  void collect_received();
  void note_received(int source, int boundary, const Region& sent, const Delivery& delivery);
  void add_layer(size_t layer);
  void add_compute(size_t layer, int step, size_t tile);
  void add_converters(size_t layer, size_t boundary);
  void add_block(size_t layer, size_t boundary, int step, size_t crossing);
  void send_layer(size_t layer);
  void send_outputs(size_t layer, int step, size_t tile);
  void send_to_encoder(size_t layer, size_t boundary, int step, size_t crossing);
  void send_blocks(size_t layer, size_t boundary);
  /// `boundary` of the decoder that sends; -1: the tile itself.
  void send_delivery(int32_t source, int layer, int boundary, int step, const Region& sent,
                     const Delivery& delivery);
  bool takes_image(size_t layer) const {
    return network_.layers[static_cast<size_t>(network_.layers[layer].input)].op == ir::Op::kInput;
  }
  int32_t steps_of(size_t layer) const {
    return network_.layers[layer].op == ir::Op::kInput ? 1 : steps_;
  }
  Message dense(int32_t source, int32_t target, int64_t elements, int bits) const;
  Message events(int32_t source, int32_t target, int64_t count, MessageKind kind) const;

  const ir::Network& network_;
  const Mapping& mapping_;
  const arch::PackageSpec& package_;
  int sample_;
  bool spiking_;
  int steps_;
  Deliveries deliveries_;
  Spikes spikes_;
  std::vector<BoundarySource> sources_;
  std::vector<std::unique_ptr<codec::WireFormat>> wires_;
  std::vector<std::vector<std::vector<Received>>> received_;  // [layer][step][tile]
  std::vector<TaskRange> compute_;                            // [layer]
  std::vector<TaskRange> encode_;                             // [boundary]
  std::vector<TaskRange> decode_;                             // [boundary]
  std::vector<Message> crossing_;                             // [block], endpoints included
  workload::Workload out_;
};

void Builder::describe_boundary(size_t b, codec::WireKind wire) {
  const ir::Boundary& cut = network_.boundaries[b];
  workload::BoundaryInfo info;
  info.name = cut.name;
  info.params = sources_[b].params();
  info.wire = wire;
  info.elements = network_.layers[static_cast<size_t>(cut.layer)].out.size();
  out_.boundaries.push_back(std::move(info));
}

/// Boundary that carries the outputs of `layer`, or -1.
int Builder::boundary_of(size_t layer) const {
  return network_.boundary_after(static_cast<int>(layer));
}

/// Bits of one element on its way to the consumer, from a tile or from a decoder of `boundary`.
int Builder::width_of(const Delivery& delivery, int boundary) const {
  if (is_current(delivery)) return package_.packet.current_bits;
  if (boundary < 0) return package_.packet.payload_bits;
  return decoded_bits(sources_[static_cast<size_t>(boundary)].params().spec, package_.packet);
}

void Builder::collect_received() {
  received_.resize(network_.layers.size());
  for (size_t l = 0; l < network_.layers.size(); ++l) {
    received_[l].assign(static_cast<size_t>(steps_),
                        std::vector<Received>(mapping_.layers[l].size()));
  }
  for (size_t l = 0; l < network_.layers.size(); ++l) {
    const int source = static_cast<int>(l);
    for (size_t p = 0; p < mapping_.layers[l].size(); ++p) {
      for (const Delivery& d : deliveries_.direct(source, static_cast<int>(p))) {
        note_received(source, -1, mapping_.layers[l][p].region, d);
      }
    }
  }
  for (size_t b = 0; b < mapping_.crossings.size(); ++b) {
    const int boundary = static_cast<int>(b);
    for (size_t i = 0; i < mapping_.crossings[b].size(); ++i) {
      for (const Delivery& d : deliveries_.decoded(boundary, static_cast<int>(i))) {
        note_received(network_.boundaries[b].layer, boundary, mapping_.crossings[b][i].region, d);
      }
    }
  }
}

void Builder::note_received(int source, int boundary, const Region& sent,
                            const Delivery& delivery) {
  const bool image = takes_image(static_cast<size_t>(delivery.layer));
  const bool current = is_current(delivery);
  const bool dense = !spiking_ || image || current;
  for (int step = 0; step < (dense && !current ? 1 : steps_); ++step) {
    Received& received = received_[static_cast<size_t>(delivery.layer)][static_cast<size_t>(step)]
                                  [static_cast<size_t>(delivery.tile)];
    if (!dense) {
      received.events += spikes_.count(source, step, sent, deliveries_.need(delivery));
      continue;
    }
    received.elements += delivery.elements;
    received.bits += delivery.elements * width_of(delivery, boundary);
    if (delivery.operand == Operand::kResidual) received.residual_elements += delivery.elements;
  }
}

void Builder::add_layer(size_t layer) {
  const auto items = static_cast<int32_t>(mapping_.layers[layer].size());
  compute_.push_back({static_cast<int32_t>(out_.tasks.size()), items});
  for (int step = 0; step < steps_of(layer); ++step) {
    for (size_t tile = 0; tile < mapping_.layers[layer].size(); ++tile) {
      add_compute(layer, step, tile);
    }
  }
  const int boundary = boundary_of(layer);
  if (boundary >= 0) add_converters(layer, static_cast<size_t>(boundary));
}

void Builder::add_compute(size_t layer, int step, size_t tile) {
  const ir::Layer& of = network_.layers[layer];
  const LayerTile& at = mapping_.layers[layer][tile];
  Task task;
  task.tile = at.tile;
  task.layer = static_cast<int32_t>(layer);
  task.step = step;
  if (of.op == ir::Op::kInput) {
    task.kind = TaskKind::kSource;
    out_.tasks.push_back(task);
    return;
  }
  const Received& received = received_[layer][static_cast<size_t>(step)][tile];
  if (!spiking_) {
    count_dense_work(task, network_, of, at.region, received, package_);
  } else {
    int64_t accumulates = 0;
    const Need need = need_of(network_, of, at.region, Operand::kInput);
    if (!takes_image(layer)) {
      accumulates += spikes_.accumulates(of, step, need, at.region.channels);
    }
    if (of.residual) accumulates += at.region.neurons();
    const bool fires = spikes_.has(static_cast<int>(layer));
    count_spiking_work(task, accumulates, fires, at.region, received, package_);
    if (takes_image(layer)) {
      count_direct_coding(task, network_, of, at.region, received, package_);
    }
  }
  out_.tasks.push_back(task);
}

/// All encoders of a boundary, then all decoders, each step by step; their blocks and real bits on
/// the way.
void Builder::add_converters(size_t layer, size_t boundary) {
  const auto items = static_cast<int32_t>(mapping_.crossings[boundary].size());
  const int32_t blocks = items * steps_;
  const auto first = static_cast<int32_t>(out_.tasks.size());
  encode_.push_back({first, items});
  decode_.push_back({first + blocks, items});
  out_.tasks.resize(out_.tasks.size() + 2 * static_cast<size_t>(blocks));
  for (int step = 0; step < steps_; ++step) {
    for (size_t i = 0; i < mapping_.crossings[boundary].size(); ++i) {
      add_block(layer, boundary, step, i);
    }
  }
}

void Builder::add_block(size_t layer, size_t boundary, int step, size_t item) {
  const BoundarySource& source = sources_[boundary];
  const Crossing& crossing = mapping_.crossings[boundary][item];
  const auto index = static_cast<int32_t>(out_.blocks.size());
  out_.blocks.push_back(source.block(crossing.region, sample_, step));
  const workload::Block& block = out_.blocks.back();
  const codec::Frame frame = source.frame(block);
  const auto elements = static_cast<int64_t>(block.elements.size());
  const codec::CodecSpec& spec = source.params().spec;
  for (const bool encodes : {true, false}) {
    const TaskRange& range = encodes ? encode_[boundary] : decode_[boundary];
    Task& task = out_.tasks[static_cast<size_t>(range.at(step, item))];
    task.tile = encodes ? crossing.near_gateway : crossing.far_gateway;
    task.kind = encodes ? TaskKind::kEncode : TaskKind::kDecode;
    task.layer = static_cast<int32_t>(layer);
    task.step = step;
    task.block = index;
    task.events = source.events(frame);
    if (spiking_) {
      count_packing_work(task, package_);
    } else if (encodes) {
      count_encode_work(task, elements, spec, package_);
    } else {
      count_decode_work(task, elements, spec, package_);
    }
  }
  const codec::WireFrame wire = wires_[boundary]->encode(frame, block.elements);
  Message message;
  message.source = encode_[boundary].at(step, item);
  message.target = decode_[boundary].at(step, item);
  message.kind = MessageKind::kBoundary;
  message.packets = static_cast<int32_t>(wire.packets.size());
  message.flits_per_packet = wire.packets.back().flits;
  message.bits_per_flit = wire.packets.back().bits / wire.packets.back().flits;
  message.bits = wire.bits();
  if (message.flits() != wire.flits()) {
    throw core::UserError({"wire", std::string(codec::to_string(wire.kind)), "aer or bitmap", "",
                           fmt::format("The header of a packet frame of {} events does not fit "
                                       "one flit.",
                                       frame.events())});
  }
  crossing_.push_back(message);
}

void Builder::send_layer(size_t layer) {
  for (int step = 0; step < steps_of(layer); ++step) {
    for (size_t tile = 0; tile < mapping_.layers[layer].size(); ++tile) {
      send_outputs(layer, step, tile);
    }
  }
  const int boundary = boundary_of(layer);
  if (boundary >= 0) send_blocks(layer, static_cast<size_t>(boundary));
}

void Builder::send_outputs(size_t layer, int step, size_t tile) {
  const int index = static_cast<int>(layer);
  const int32_t source = compute_[layer].at(step, tile);
  const Region& region = mapping_.layers[layer][tile].region;
  for (const Delivery& delivery : deliveries_.direct(index, static_cast<int>(tile))) {
    send_delivery(source, index, -1, step, region, delivery);
  }
  if (const int boundary = boundary_of(layer); boundary >= 0) {
    for (const int item : deliveries_.crossings(boundary, static_cast<int>(tile))) {
      send_to_encoder(layer, static_cast<size_t>(boundary), step, static_cast<size_t>(item));
    }
  }
  const bool image = network_.layers[layer].op == ir::Op::kInput;
  if (spiking_ && !image && takes_image(layer) && step + 1 < steps_) {
    out_.messages.push_back(
        events(source, compute_[layer].at(step + 1, tile), 0, MessageKind::kControl));
  }
}

void Builder::send_to_encoder(size_t layer, size_t boundary, int step, size_t item) {
  const Crossing& crossing = mapping_.crossings[boundary][item];
  const int32_t source = compute_[layer].at(step, static_cast<size_t>(crossing.producer));
  const int32_t target = encode_[boundary].at(step, item);
  const Region& region = crossing.region;
  if (spiking_) {
    const int64_t spikes = spikes_.count(static_cast<int>(layer), step, region);
    out_.messages.push_back(events(source, target, spikes, MessageKind::kSpikes));
  } else {
    out_.messages.push_back(dense(source, target, region.neurons(), package_.packet.current_bits));
  }
}

/// Encoders to decoders, then decoders to consumers.
void Builder::send_blocks(size_t layer, size_t boundary) {
  const auto& crossings = mapping_.crossings[boundary];
  if (crossings.empty()) return;
  const int32_t first = out_.tasks[static_cast<size_t>(encode_[boundary].first)].block;
  const size_t items = crossings.size();
  for (size_t block = 0; block < items * static_cast<size_t>(steps_); ++block) {
    out_.messages.push_back(crossing_[static_cast<size_t>(first) + block]);
  }
  for (int step = 0; step < steps_; ++step) {
    for (size_t i = 0; i < items; ++i) {
      const int index = static_cast<int>(boundary);
      for (const Delivery& delivery : deliveries_.decoded(index, static_cast<int>(i))) {
        send_delivery(decode_[boundary].at(step, i), static_cast<int>(layer), index, step,
                      crossings[i].region, delivery);
      }
    }
  }
}

void Builder::send_delivery(int32_t source, int layer, int boundary, int step, const Region& sent,
                            const Delivery& delivery) {
  const int32_t target =
      compute_[static_cast<size_t>(delivery.layer)].at(step, static_cast<size_t>(delivery.tile));
  const bool image = network_.layers[static_cast<size_t>(layer)].op == ir::Op::kInput;
  if (spiking_ && !image && !is_current(delivery)) {
    const int64_t count = spikes_.count(layer, step, sent, deliveries_.need(delivery));
    out_.messages.push_back(events(source, target, count, MessageKind::kSpikes));
  } else {
    out_.messages.push_back(dense(source, target, delivery.elements, width_of(delivery, boundary)));
  }
}

/// A header flit, then the values packed into payload flits.
Message Builder::dense(int32_t source, int32_t target, int64_t elements, int bits) const {
  Message message;
  message.source = source;
  message.target = target;
  message.kind = MessageKind::kDense;
  message.bits_per_flit = package_.packet.flit_bits();
  message.flits_per_packet =
      1 + static_cast<int32_t>(core::ceil_div(elements * bits, message.bits_per_flit));
  message.bits = message.flits() * message.bits_per_flit;
  return message;
}

/// A header flit with the count, then one packet per event.
Message Builder::events(int32_t source, int32_t target, int64_t count, MessageKind kind) const {
  Message message;
  message.source = source;
  message.target = target;
  message.kind = kind;
  message.packets = 1 + static_cast<int32_t>(count);
  message.bits_per_flit = package_.packet.event_bits();
  message.bits = message.flits() * message.bits_per_flit;
  return message;
}

}  // namespace

workload::Workload build_workload(const ir::Network& network, const Mapping& mapping,
                                  const ir::Activity& activity, int sample, codec::WireKind wire,
                                  const arch::PackageSpec& package) {
  if (sample < 0 || sample >= activity.samples) {
    throw core::UserError({"simulate.sample", std::to_string(sample),
                           fmt::format("0..{}", activity.samples - 1), "",
                           "Only recorded samples can be simulated."});
  }
  return Builder(network, mapping, activity, sample, wire, package).build();
}

}  // namespace ranvier::map
