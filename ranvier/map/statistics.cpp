#include "ranvier/map/statistics.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/map/block.hpp"
#include "ranvier/map/placement.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <optional>

namespace ranvier::map {
namespace {

using codec::WireKind;

constexpr std::array kKinds{WireKind::kPacket, WireKind::kAer,  WireKind::kBitmap,
                            WireKind::kBurst,  WireKind::kRans, WireKind::kAuto};

size_t index_of(WireKind kind) { return static_cast<size_t>(kind); }

/// Sums over all frames of one boundary, by wire kind.
struct Sums {
  int64_t activations = 0;  // neurons x samples
  int64_t over_edges = 0;   // activations x die edges on their way
  int64_t neurons = 0;
  int64_t events = 0;
  std::array<std::optional<int64_t>, kKinds.size()> link_bits;  // absent: cannot carry the codec
  std::array<int64_t, kKinds.size()> chosen{};                  // frames of the wire asked for
};

std::unique_ptr<codec::WireFormat> format_or_null(WireKind kind,
                                                  const codec::BoundaryParams& params,
                                                  const codec::WireLayout& layout) {
  try {
    return codec::make_wire_format(kind, params, layout);
  } catch (const core::UserError&) {
    return nullptr;
  }
}

/// Die edges that a frame crosses on its way to one chip: of a shared block those that this chip
/// adds, unless the frame is too long to fork.
int edges_of(const Crossing& crossing, const codec::WireSize& size,
             const arch::PackageSpec& package) {
  const bool forks = core::ceil_div(size.flits, size.packets) <= int64_t{package.router.fork_flits};
  if (crossing.shares < 0 || forks) return crossing.die_edges;
  const int mesh = package.chip.mesh;
  const auto near = arch::coordinates(package, crossing.near_gateway);
  const auto far = arch::coordinates(package, crossing.far_gateway);
  return std::abs(near.x / mesh - far.x / mesh) + std::abs(near.y / mesh - far.y / mesh);
}

/// `scale`: activations that one element stands for, more than 1 behind a bottleneck.
Sums sum_boundary(const BoundarySource& source, const std::vector<Crossing>& crossings,
                  int64_t scale, WireKind wire, const arch::PackageSpec& package) {
  const codec::WireLayout layout = arch::wire_layout(package);
  Sums sums;
  std::array<std::unique_ptr<codec::WireFormat>, kKinds.size()> formats;
  for (const WireKind kind : kKinds) {
    auto& format = formats[index_of(kind)];
    format = kind == wire ? codec::make_wire_format(kind, source.params(), layout)
                          : format_or_null(kind, source.params(), layout);
    if (format) sums.link_bits[index_of(kind)] = 0;
  }
  for (const Crossing& crossing : crossings) {
    const int64_t neurons = crossing.region.neurons() * scale;
    sums.neurons += neurons;
    sums.over_edges += neurons * crossing.die_edges * source.samples();
  }
  sums.activations = sums.neurons * source.samples();
  for (int sample = 0; sample < source.samples(); ++sample) {
    for (int step = 0; step < source.steps(); ++step) {
      for (const Crossing& crossing : crossings) {
        const workload::Block block = source.block(crossing.region, sample, step);
        const codec::Frame frame = source.frame(block);
        sums.events += source.events(frame);
        for (const WireKind kind : kKinds) {
          const auto& format = formats[index_of(kind)];
          if (!format) continue;
          const codec::WireSize size = format->size(frame, block.elements);
          *sums.link_bits[index_of(kind)] +=
              codec::link_bits(size, layout) * edges_of(crossing, size, package);
          if (kind == wire) ++sums.chosen[index_of(size.kind)];
        }
      }
    }
  }
  return sums;
}

/// Currents that a spiking layer sends to other chips beside its spikes: bursts, step by step.
void add_currents(Sums& sums, const ir::Network& network, const Mapping& mapping, int layer,
                  int samples, const arch::PackageSpec& package) {
  if (network.kind != ir::NetworkKind::kSnn) return;
  const int flit = package.packet.flit_bits();
  int64_t bits = 0;
  for (size_t l = 0; l < network.layers.size(); ++l) {
    if (network.layers[l].residual != layer) continue;
    for (const LayerTile& to : mapping.layers[l]) {
      const Need need = need_of(network, network.layers[l], to.region, Operand::kResidual);
      for (const LayerTile& from : mapping.layers[static_cast<size_t>(layer)]) {
        const int64_t elements = need.elements(from.region);
        if (elements == 0 || from.chip == to.chip) continue;
        const int64_t flits = 1 + core::ceil_div(elements * package.packet.current_bits, flit);
        bits += flits * (flit + package.tag_bits() + package.packet.framing_bits) *
                die_edges(package, core::ChipId(from.chip), core::ChipId(to.chip));
      }
    }
  }
  for (auto& in_format : sums.link_bits) {
    if (in_format) *in_format += bits * network.steps * samples;
  }
}

BoundaryUse use_of(const std::string& name, const Sums& sums, WireKind wire) {
  BoundaryUse use;
  use.name = name;
  use.neurons = sums.neurons;
  if (sums.activations == 0) return use;
  const auto over_edges = static_cast<double>(sums.over_edges);
  use.events_per_neuron = static_cast<double>(sums.events) / static_cast<double>(sums.activations);
  for (const WireKind kind : kKinds) {
    if (sums.chosen[index_of(kind)] > 0) use.chosen.push_back({kind, sums.chosen[index_of(kind)]});
    if (!sums.link_bits[index_of(kind)]) continue;
    const double bits = static_cast<double>(*sums.link_bits[index_of(kind)]) / over_edges;
    use.formats.push_back({kind, bits});
    if (kind == wire) use.bits_per_activation = bits;
  }
  return use;
}

void add(Sums& total, const Sums& sums) {
  total.activations += sums.activations;
  total.over_edges += sums.over_edges;
  total.neurons += sums.neurons;
  total.events += sums.events;
  for (size_t k = 0; k < kKinds.size(); ++k) {
    total.chosen[k] += sums.chosen[k];
    if (total.link_bits[k] && sums.link_bits[k]) {
      *total.link_bits[k] += *sums.link_bits[k];
    } else {
      total.link_bits[k].reset();
    }
  }
}

}  // namespace

std::string BoundaryUse::wire_format() const {
  if (chosen.empty()) return "none";
  if (chosen.size() == 1) return std::string(codec::to_string(chosen.front().kind));
  int64_t frames = 0;
  for (const FrameChoice& choice : chosen) frames += choice.frames;
  std::string text;
  for (const FrameChoice& choice : chosen) {
    const double percent = 100.0 * static_cast<double>(choice.frames) / static_cast<double>(frames);
    text += fmt::format("{}{} {:.0f} %", text.empty() ? "" : ", ", codec::to_string(choice.kind),
                        percent);
  }
  return "auto (" + text + ")";
}

BoundaryStatistics boundary_statistics(const ir::Network& network, const Mapping& mapping,
                                       const ir::Activity& activity, WireKind wire,
                                       const arch::PackageSpec& package) {
  BoundaryStatistics statistics;
  Sums total;
  total.link_bits.fill(0);
  for (size_t b = 0; b < network.boundaries.size(); ++b) {
    const ir::Boundary& cut = network.boundaries[b];
    const BoundarySource source(network, static_cast<int>(b), activity);
    const int64_t elements = network.layers[static_cast<size_t>(cut.layer)].out.size();
    const int64_t scale = cut.activations > 0 ? cut.activations / elements : 1;
    Sums sums = sum_boundary(source, mapping.crossings[b], scale, wire, package);
    add_currents(sums, network, mapping, cut.layer, activity.samples, package);
    statistics.boundaries.push_back(use_of(cut.name, sums, wire));
    add(total, sums);
  }
  statistics.total = use_of("all", total, wire);
  return statistics;
}

}  // namespace ranvier::map
