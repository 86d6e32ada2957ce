// build_workload: tasks layer by layer.

#include "ranvier/core/error.hpp"
#include "ranvier/map/crossing.hpp"
#include "ranvier/map/multicast.hpp"
#include "ranvier/map/workload_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ranvier::map {

using workload::Message;
using workload::MessageKind;
using workload::Task;
using workload::TaskKind;

WorkloadBuilder::WorkloadBuilder(const ir::Network& network, const Mapping& mapping,
                                 const ir::Activity& activity, int sample, codec::WireKind wire,
                                 const arch::PackageSpec& package)
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

workload::Workload WorkloadBuilder::build() {
  out_.name = network_.name;
  out_.tiles_used = mapping_.tiles_used;
  out_.chips_used = mapping_.chips_used;
  for (const ir::Layer& layer : network_.layers) out_.layer_names.push_back(layer.name);
  collect_received();
  for (size_t l = 0; l < network_.layers.size(); ++l) add_layer(l);
  for (size_t l = 0; l < network_.layers.size(); ++l) send_layer(l);
  if (multicast()) require_names(tree_use(out_, package_), package_);
  return std::move(out_);
}

void WorkloadBuilder::describe_boundary(size_t b, codec::WireKind wire) {
  const ir::Boundary& cut = network_.boundaries[b];
  workload::BoundaryInfo info;
  info.name = cut.name;
  info.params = sources_[b].params();
  info.wire = wire;
  info.elements = network_.layers[static_cast<size_t>(cut.layer)].out.size();
  out_.boundaries.push_back(std::move(info));
}

/// Boundary that carries the outputs of `layer`, or -1.
int WorkloadBuilder::boundary_of(size_t layer) const {
  return network_.boundary_after(static_cast<int>(layer));
}

/// Bits of one element on its way to the consumer, from a tile or from a decoder of `boundary`.
int WorkloadBuilder::width_of(bool current, int boundary) const {
  if (current) return package_.packet.current_bits;
  if (boundary < 0) return package_.packet.payload_bits;
  return decoded_bits(sources_[static_cast<size_t>(boundary)].params().spec, package_.packet);
}

void WorkloadBuilder::collect_received() {
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

void WorkloadBuilder::note_received(int source, int boundary, const Region& sent,
                                    const Delivery& delivery) {
  const bool image = takes_image(static_cast<size_t>(delivery.layer));
  const bool current = is_current(network_, source, delivery.operand);
  const bool dense = !spiking_ || image || current;
  for (int step = 0; step < (dense && !current ? 1 : steps_); ++step) {
    Received& received = received_[static_cast<size_t>(delivery.layer)][static_cast<size_t>(step)]
                                  [static_cast<size_t>(delivery.tile)];
    if (!dense) {
      received.events += spikes_.count(source, step, sent, deliveries_.need(delivery));
      continue;
    }
    received.elements += delivery.elements;
    received.bits += delivery.elements * width_of(current, boundary);
    if (delivery.operand == Operand::kResidual) received.residual_elements += delivery.elements;
  }
}

void WorkloadBuilder::add_layer(size_t layer) {
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

void WorkloadBuilder::add_compute(size_t layer, int step, size_t tile) {
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
    const bool reads_currents = is_current(network_, of.input, Operand::kInput);
    const Need need = need_of(network_, of, at.region, Operand::kInput);
    if (!takes_image(layer) && !reads_currents) {
      accumulates += spikes_.accumulates(of, step, need, at.region.channels);
    }
    if (of.residual) accumulates += at.region.neurons();
    const bool fires = spikes_.has(static_cast<int>(layer));
    count_spiking_work(task, accumulates, fires, at.region, received, package_);
    if (takes_image(layer)) {
      count_direct_coding(task, network_, of, at.region, received, package_);
    } else if (reads_currents) {
      count_current_work(task, network_, of, at.region, received, package_);
    }
  }
  out_.tasks.push_back(task);
}

/// All encoders of a boundary, then all decoders, each step by step; their blocks and real bits on
/// the way. A frame that a fork buffer holds is shared, a longer one goes to each chip by itself.
void WorkloadBuilder::add_converters(size_t layer, size_t boundary) {
  const auto& crossings = mapping_.crossings[boundary];
  std::vector<Task> decoders;
  std::vector<int32_t>& encoders = encode_.emplace_back();
  for (int step = 0; step < steps_; ++step) {
    const size_t first = decoders.size();
    for (size_t i = 0; i < crossings.size(); ++i) {
      const size_t shared = first + static_cast<size_t>(std::max(0, crossings[i].shares));
      const bool fits = crossings[i].shares >= 0 &&
                        crossing_[static_cast<size_t>(decoders[shared].block)].flits_per_packet <=
                            package_.router.fork_flits;
      decoders.push_back(fits ? decoders[shared] : add_block(layer, boundary, step, i));
      encoders.push_back(fits ? encoders[shared] : static_cast<int32_t>(out_.tasks.size()) - 1);
      decoders.back().tile = crossings[i].far_gateway;
    }
  }
  std::vector<int32_t>& tasks = decode_.emplace_back();
  for (const Task& decoder : decoders) {
    tasks.push_back(static_cast<int32_t>(out_.tasks.size()));
    out_.tasks.push_back(decoder);
  }
}

/// Adds a block with its encoder, and the message from there. Returns the decoder.
Task WorkloadBuilder::add_block(size_t layer, size_t boundary, int step, size_t item) {
  const BoundarySource& source = sources_[boundary];
  const Crossing& crossing = mapping_.crossings[boundary][item];
  out_.blocks.push_back(source.block(crossing.region, sample_, step));
  const workload::Block& block = out_.blocks.back();
  const codec::Frame frame = source.frame(block);
  const auto elements = static_cast<int64_t>(block.elements.size());
  const codec::CodecSpec& spec = source.params().spec;
  Task encoder;
  encoder.tile = crossing.near_gateway;
  encoder.kind = TaskKind::kEncode;
  encoder.layer = static_cast<int32_t>(layer);
  encoder.step = step;
  encoder.block = static_cast<int32_t>(out_.blocks.size()) - 1;
  encoder.events = source.events(frame);
  Task decoder = encoder;
  decoder.tile = crossing.far_gateway;
  decoder.kind = TaskKind::kDecode;
  if (spiking_) {
    count_packing_work(encoder, package_);
    count_packing_work(decoder, package_);
  } else {
    count_encode_work(encoder, elements, spec, package_);
    count_decode_work(decoder, elements, spec, package_);
  }
  const codec::WireFrame sent = wires_[boundary]->encode(frame, block.elements);
  const auto symbols = static_cast<int64_t>(frame.symbols.size());
  if (codec::tries_rans(out_.boundaries[boundary].wire, source.params())) {
    count_entropy_coding(encoder, symbols, package_);
  }
  if (sent.kind == codec::WireKind::kRans) count_entropy_coding(decoder, symbols, package_);
  out_.tasks.push_back(encoder);
  add_frame(sent, frame.events());
  return decoder;
}

/// The message that carries the frame of the block that was added last.
void WorkloadBuilder::add_frame(const codec::WireFrame& wire, int64_t events) {
  Message message;
  message.source = static_cast<int32_t>(out_.tasks.size()) - 1;
  message.kind = MessageKind::kBoundary;
  message.packets = static_cast<int32_t>(wire.packets.size());
  message.flits_per_packet = wire.packets.back().flits;
  message.bits_per_flit = wire.packets.back().bits / wire.packets.back().flits;
  message.bits = wire.bits();
  if (message.flits() != wire.flits()) {
    throw core::UserError({"wire", std::string(codec::to_string(wire.kind)), "aer or bitmap", "",
                           fmt::format("The header of a packet frame of {} events does not fit "
                                       "one flit.",
                                       events)});
  }
  crossing_.push_back(message);
}

workload::Workload build_workload(const ir::Network& network, const Mapping& mapping,
                                  const ir::Activity& activity, int sample, codec::WireKind wire,
                                  const arch::PackageSpec& package) {
  if (sample < 0 || sample >= activity.samples) {
    throw core::UserError({"simulate.sample", std::to_string(sample),
                           fmt::format("0..{}", activity.samples - 1), "",
                           "Only recorded samples can be simulated."});
  }
  return WorkloadBuilder(network, mapping, activity, sample, wire, package).build();
}

}  // namespace ranvier::map
