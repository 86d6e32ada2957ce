#include "ranvier/map/work.hpp"

#include <algorithm>

namespace ranvier::map {
namespace {

/// The first flit, a header whose count is known from the start, is ready after one cycle.
void stream_output(workload::Task& task) {
  task.stream = core::Cycles(std::max<int64_t>(0, task.service.value() - 1));
}

/// Output positions of `region` that one weight contributes to: of a transposed convolution those
/// of one phase of its stride.
int64_t positions_of_a_weight(const ir::Layer& layer, const Region& region) {
  if (layer.op != ir::Op::kConvTranspose2d) return region.positions();
  return core::ceil_div(region.positions(), int64_t{layer.stride} * layer.stride);
}

/// MACs, and the SRAM reads that feed them: a weight is read once for a batch of positions, an
/// activation once for all channels of the tile.
void add_macs(workload::Task& task, const ir::Network& network, const ir::Layer& layer,
              const Region& region, const arch::PackageSpec& package) {
  const int64_t macs = ir::macs(network, layer) / layer.out.size() * region.neurons();
  const int64_t weights = layer.weights / layer.out.channels * region.channels.size();
  const int64_t batches =
      core::ceil_div(positions_of_a_weight(layer, region), package.compute.macs_per_cycle);
  task.macs += macs;
  task.weight_read_bits += weights * batches * package.chip.weight_bits;
  // Channels of one group share what they read.
  const int sharing = std::min(region.channels.size(), layer.out.channels / layer.groups);
  task.state_read_bits += macs / sharing * package.packet.payload_bits;
}

}  // namespace

void count_dense_work(workload::Task& task, const ir::Network& network, const ir::Layer& layer,
                      const Region& region, const Received& received,
                      const arch::PackageSpec& package) {
  const int payload = package.packet.payload_bits;
  add_macs(task, network, layer, region, package);
  task.state_read_bits += (received.residual_elements + region.neurons()) * payload;
  task.state_write_bits += received.bits + region.neurons() * payload;
  task.service = workload::compute_cycles(task, package.compute);
}

void count_spiking_work(workload::Task& task, int64_t accumulates, bool fires, const Region& region,
                        const Received& received, const arch::PackageSpec& package) {
  const int64_t membranes = region.neurons() * package.chip.accumulator_bits;
  const int64_t queue = received.events * package.packet.axon_bits +
                        received.residual_elements * package.packet.current_bits;
  task.acs += accumulates;
  task.lif_updates += fires ? region.neurons() : 0;
  task.weight_read_bits += accumulates * package.chip.weight_bits;
  task.state_read_bits += membranes + queue;
  task.state_write_bits += membranes + queue;
  task.service = workload::compute_cycles(task, package.compute);
}

void count_direct_coding(workload::Task& task, const ir::Network& network, const ir::Layer& layer,
                         const Region& region, const Received& received,
                         const arch::PackageSpec& package) {
  const int64_t currents = region.neurons() * package.chip.accumulator_bits;
  if (task.step == 0) {
    add_macs(task, network, layer, region, package);
    task.state_write_bits += received.bits + currents;
  }
  task.state_read_bits += currents;
  task.service = workload::compute_cycles(task, package.compute);
}

void count_current_work(workload::Task& task, const ir::Network& network, const ir::Layer& layer,
                        const Region& region, const Received& received,
                        const arch::PackageSpec& package) {
  add_macs(task, network, layer, region, package);
  // Residual currents wait in the queue of count_spiking_work.
  task.state_write_bits += received.bits - received.residual_elements * package.packet.current_bits;
  task.service = workload::compute_cycles(task, package.compute);
}

void count_encode_work(workload::Task& task, int64_t elements, const codec::CodecSpec& spec,
                       const arch::PackageSpec& package) {
  const arch::ConverterSpec& converter = package.converter;
  const int64_t currents = elements * package.packet.current_bits;
  task.state_read_bits = currents;
  task.state_write_bits = currents;
  task.service = core::Cycles(std::max(
      core::ceil_div(elements * codec::encode_steps(spec), converter.encode_elements_per_cycle),
      core::ceil_div(task.events, converter.encode_events_per_cycle)));
  // A header that counts events cannot leave before the last element has been seen.
  if (spec.kind == codec::CodecKind::kDense) stream_output(task);
}

void count_decode_work(workload::Task& task, int64_t elements, const codec::CodecSpec& spec,
                       const arch::PackageSpec& package) {
  const arch::ConverterSpec& converter = package.converter;
  const int64_t values = elements * decoded_bits(spec, package.packet);
  task.state_read_bits = values;
  task.state_write_bits = values;
  task.service =
      core::Cycles(std::max(core::ceil_div(elements, converter.decode_elements_per_cycle),
                            core::ceil_div(task.events, converter.decode_events_per_cycle)));
  stream_output(task);
}

void count_packing_work(workload::Task& task, const arch::PackageSpec& package) {
  const int64_t queue = task.events * package.packet.axon_bits;
  const int rate = task.kind == workload::TaskKind::kEncode
                       ? package.converter.encode_events_per_cycle
                       : package.converter.decode_events_per_cycle;
  task.state_read_bits = queue;
  task.state_write_bits = queue;
  task.service = core::Cycles(std::max<int64_t>(1, core::ceil_div(task.events, rate)));
  stream_output(task);
}

void count_entropy_coding(workload::Task& task, int64_t symbols, const arch::PackageSpec& package) {
  const core::Cycles coding(core::ceil_div(symbols, package.converter.rans_symbols_per_cycle));
  task.rans_symbols = symbols;
  if (task.kind == workload::TaskKind::kEncode) {
    task.service = task.service + coding;
    task.stream = core::Cycles(0);
  } else {
    task.service = std::max(task.service, coding);
    stream_output(task);
  }
}

int decoded_bits(const codec::CodecSpec& spec, const arch::PacketSpec& packet) {
  return spec.kind == codec::CodecKind::kDense ? packet.payload_bits : packet.current_bits;
}

}  // namespace ranvier::map
