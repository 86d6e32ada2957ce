#pragma once
// Operations and SRAM traffic of one task. The formulas are written out in docs/models/mapping.md.

#include "ranvier/arch/package.hpp"
#include "ranvier/codec/codec.hpp"
#include "ranvier/ir/network.hpp"
#include "ranvier/map/region.hpp"
#include "ranvier/workload/workload.hpp"

namespace ranvier::map {

/// What arrives at a tile before it computes.
struct Received {
  int64_t elements = 0;           // dense values
  int64_t bits = 0;               // of those values
  int64_t residual_elements = 0;  // of those values, added to the outputs one by one
  int64_t events = 0;             // spikes
};

/// Dense layer on an ANN core: MACs, weights once per batch of positions, activations in and out of
/// SRAM.
void count_dense_work(workload::Task& task, const ir::Network& network, const ir::Layer& layer,
                      const Region& region, const Received& received,
                      const arch::PackageSpec& package);

/// One step on an SNN core: `accumulates` spikes times fan-out and residual currents; one update
/// per neuron of a layer that `fires`.
void count_spiking_work(workload::Task& task, int64_t accumulates, bool fires, const Region& region,
                        const Received& received, const arch::PackageSpec& package);

/// The first spiking layer, fed with the image itself: `task` computes the constant currents at
/// step 0 and reads them back at every step.
void count_direct_coding(workload::Task& task, const ir::Network& network, const ir::Layer& layer,
                         const Region& region, const Received& received,
                         const arch::PackageSpec& package);

/// A layer of a spiking network that reads currents, after what was counted before: multiplies them
/// at every step.
void count_current_work(workload::Task& task, const ir::Network& network, const ir::Layer& layer,
                        const Region& region, const Received& received,
                        const arch::PackageSpec& package);

/// Elements examined once per step against events built; whichever takes longer.
void count_encode_work(workload::Task& task, int64_t elements, const codec::CodecSpec& spec,
                       const arch::PackageSpec& package);
void count_decode_work(workload::Task& task, int64_t elements, const codec::CodecSpec& spec,
                       const arch::PackageSpec& package);

/// `symbols` through the entropy coder, after what was counted before: encoding takes the last
/// symbol first, so it begins when all are there and nothing leaves before its end; a decoder
/// accumulates and rebuilds meanwhile.
void count_entropy_coding(workload::Task& task, int64_t symbols, const arch::PackageSpec& package);

/// A spiking network's gateways only pack and unpack.
void count_packing_work(workload::Task& task, const arch::PackageSpec& package);

/// Bits of one value from a decoder to its consumers: activations of a dense code, else the wider
/// decoded values.
int decoded_bits(const codec::CodecSpec& spec, const arch::PacketSpec& packet);

}  // namespace ranvier::map
