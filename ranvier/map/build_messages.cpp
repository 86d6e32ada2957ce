// build_workload: the messages of every task, in the order of injection.

#include "ranvier/map/crossing.hpp"
#include "ranvier/map/multicast.hpp"
#include "ranvier/map/workload_builder.hpp"

#include <algorithm>
#include <utility>

namespace ranvier::map {

using workload::Message;
using workload::MessageKind;

void WorkloadBuilder::send_layer(size_t layer) {
  for (int step = 0; step < steps_of(layer); ++step) {
    for (size_t tile = 0; tile < mapping_.layers[layer].size(); ++tile) {
      send_outputs(layer, step, tile);
    }
  }
  const int boundary = boundary_of(layer);
  if (boundary >= 0) send_blocks(layer, static_cast<size_t>(boundary));
}

void WorkloadBuilder::send_outputs(size_t layer, int step, size_t tile) {
  const int index = static_cast<int>(layer);
  const int32_t source = compute_[layer].at(step, tile);
  const Region& region = mapping_.layers[layer][tile].region;
  send_deliveries(source, index, -1, step, region,
                  deliveries_.direct(index, static_cast<int>(tile)));
  if (const int boundary = boundary_of(layer); boundary >= 0) {
    send_to_encoders(layer, static_cast<size_t>(boundary), step, tile);
  }
  const bool image = network_.layers[layer].op == ir::Op::kInput;
  if (spiking_ && !image && takes_image(layer) && step + 1 < steps_) {
    send(events(source, 0, MessageKind::kControl), {compute_[layer].at(step + 1, tile)});
  }
}

/// Encoders of the same elements are told together.
void WorkloadBuilder::send_to_encoders(size_t layer, size_t boundary, int step, size_t tile) {
  const int32_t source = compute_[layer].at(step, tile);
  const auto& items = deliveries_.crossings(static_cast<int>(boundary), static_cast<int>(tile));
  const auto& crossings = mapping_.crossings[boundary];
  const auto encoder = [&](int item) {
    return encode_[boundary]
                  [static_cast<size_t>(step) * crossings.size() + static_cast<size_t>(item)];
  };
  std::vector<int32_t> told;
  for (const int item : items) {
    if (std::ranges::count(told, encoder(item)) > 0) continue;
    const Region& region = crossings[static_cast<size_t>(item)].region;
    std::vector<int32_t> targets{encoder(item)};
    for (const int other : items) {
      const bool same = multicast() && crossings[static_cast<size_t>(other)].region == region;
      if (same && std::ranges::count(targets, encoder(other)) == 0)
        targets.push_back(encoder(other));
    }
    told.insert(told.end(), targets.begin(), targets.end());
    if (spiking_) {
      const int64_t spikes = spikes_.count(static_cast<int>(layer), step, region);
      send(events(source, spikes, MessageKind::kSpikes), targets);
    } else {
      send(dense(source, region.neurons(), package_.packet.current_bits), targets);
    }
  }
}

/// Encoders to decoders, then decoders to consumers.
void WorkloadBuilder::send_blocks(size_t layer, size_t boundary) {
  const auto& crossings = mapping_.crossings[boundary];
  const auto& encoders = encode_[boundary];
  const auto& decoders = decode_[boundary];
  for (size_t k = 0; k < decoders.size(); ++k) {
    const auto block = static_cast<size_t>(out_.tasks[static_cast<size_t>(decoders[k])].block);
    out_.messages.push_back(crossing_[block]);
    out_.messages.back().target = decoders[k];
    out_.messages.back().branch = k > 0 && encoders[k] == encoders[k - 1];
  }
  for (size_t k = 0; k < decoders.size(); ++k) {
    const auto item = static_cast<int>(k % crossings.size());
    const auto step = static_cast<int>(k / crossings.size());
    const auto index = static_cast<int>(boundary);
    send_deliveries(decoders[k], static_cast<int>(layer), index, step,
                    crossings[static_cast<size_t>(item)].region, deliveries_.decoded(index, item));
  }
}

void WorkloadBuilder::send_deliveries(int32_t source, int layer, int boundary, int step,
                                      const Region& sent, const std::vector<Delivery>& deliveries) {
  const auto target = [&](const Delivery& to) {
    return compute_[static_cast<size_t>(to.layer)].at(step, static_cast<size_t>(to.tile));
  };
  if (!multicast()) {
    for (const Delivery& to : deliveries) {
      send(message_of(source, layer, boundary, step, sent, to), {target(to)});
    }
    return;
  }
  for (const Operand operand : {Operand::kInput, Operand::kResidual, Operand::kGate}) {
    std::vector<Readers> readers;
    std::vector<const Need*> needs;  // of `readers`
    for (const Delivery& to : deliveries) {
      if (to.operand != operand) continue;
      const Need& need = deliveries_.need(to);
      const auto same = std::ranges::find_if(
          needs, [&](const Need* known) { return is_alike(*known, need, sent); });
      if (same != needs.end()) {
        readers[static_cast<size_t>(same - needs.begin())].tasks.push_back(target(to));
        continue;
      }
      needs.push_back(&need);
      readers.push_back(
          {box_of(need, sent), message_of(source, layer, boundary, step, sent, to), {target(to)}});
    }
    const bool current = is_current(network_, layer, operand);
    const auto whole = [&](const Region& box) {
      return whole_message(source, layer, boundary, step, box, current);
    };
    for (const Readers& some : join(std::move(readers), package_, out_.tasks, whole)) {
      send(some.message, some.tasks);
    }
  }
}

Message WorkloadBuilder::message_of(int32_t source, int layer, int boundary, int step,
                                    const Region& sent, const Delivery& delivery) const {
  const bool image = network_.layers[static_cast<size_t>(layer)].op == ir::Op::kInput;
  const bool current = is_current(network_, layer, delivery.operand);
  if (!spiking_ || image || current) {
    return dense(source, delivery.elements, width_of(current, boundary));
  }
  const int64_t count = spikes_.count(layer, step, sent, deliveries_.need(delivery));
  return events(source, count, MessageKind::kSpikes);
}

/// All values of a box.
Message WorkloadBuilder::whole_message(int32_t source, int layer, int boundary, int step,
                                       const Region& box, bool current) const {
  const bool image = network_.layers[static_cast<size_t>(layer)].op == ir::Op::kInput;
  if (!spiking_ || image || current) {
    return dense(source, box.neurons(), width_of(current, boundary));
  }
  return events(source, spikes_.count(layer, step, box), MessageKind::kSpikes);
}

void WorkloadBuilder::send(const Message& message, const std::vector<int32_t>& targets) {
  if (multicast()) return append_to_all(message, targets, package_, out_);
  for (const int32_t target : targets) {
    out_.messages.push_back(message);
    out_.messages.back().target = target;
  }
}

/// A header flit, then the values packed into payload flits.
Message WorkloadBuilder::dense(int32_t source, int64_t elements, int bits) const {
  Message message;
  message.source = source;
  message.kind = MessageKind::kDense;
  message.bits_per_flit = package_.packet.flit_bits();
  message.flits_per_packet =
      1 + static_cast<int32_t>(core::ceil_div(elements * bits, message.bits_per_flit));
  message.bits = message.flits() * message.bits_per_flit;
  return message;
}

/// A header flit with the count, then one packet per event.
Message WorkloadBuilder::events(int32_t source, int64_t count, MessageKind kind) const {
  Message message;
  message.source = source;
  message.kind = kind;
  message.packets = 1 + static_cast<int32_t>(count);
  message.bits_per_flit = package_.packet.event_bits();
  message.bits = message.flits() * message.bits_per_flit;
  return message;
}

}  // namespace ranvier::map
