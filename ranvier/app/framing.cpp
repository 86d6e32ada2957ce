#include "ranvier/app/framing.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/placement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace ranvier::app {
namespace {

constexpr double kNanojoules = 1e9;  // per joule
constexpr double kNanoseconds = 1e9;
constexpr double kPicosecond = 1e-12;
constexpr double kFifoPasses = 2;  // a near and a far one; they do not store tag and framing

/// Flit bits of a link, and those of them that are neither tag nor framing.
struct FlitBits {
  explicit FlitBits(const arch::PackageSpec& package)
      : own(package.packet.flit_bits()), link(own + package.link_overhead_bits()) {}
  double own;
  double link;
};

/// d2d + emio + FIFOs, full flits.
double nanojoules_per_bit(const sweep::PresetSetup& setup) {
  const FlitBits flit(setup.package);
  const auto joules = [&](const char* key) { return setup.values.constant(key).value; };
  return kNanojoules * (joules("cost.d2d_bit") + joules("cost.emio_bit") +
                        kFifoPasses * joules("cost.fifo_bit") * flit.own / flit.link);
}

/// Of one link that is never idle: whole beats, at most one flit per core cycle.
double nanoseconds_per_bit(const arch::PackageSpec& package) {
  const FlitBits flit(package);
  const double beats = std::ceil(flit.link / package.serdes.lanes);
  const double seconds =
      std::max(beats / package.serdes.lane_rate.value(), 1.0 / package.core_clock.value());
  return kNanoseconds * seconds / flit.link;
}

/// What a bit waits beside its beats, edges of clocks left out (docs/models/emio.md, "Zero load").
double nanoseconds_crossing(const arch::PackageSpec& package) {
  const arch::EmioSpec& emio = package.emio;
  const double core = 1.0 / package.core_clock.value();
  const double link = 1.0 / package.serdes.lane_rate.value();
  const double clocks = core * (emio.merge_cycles + emio.fifo_source_cycles +
                                emio.fifo_sync_cycles + emio.split_cycles) +
                        link * (emio.fifo_sync_cycles + emio.fifo_source_cycles);
  const auto phy = static_cast<double>(package.serdes.phy_latency.value());
  const auto flight = static_cast<double>(package.serdes.flight.value());
  return kNanoseconds * (clocks + kPicosecond * (phy + flight));
}

/// Share of a boundary's bits that the busiest chip side sends; all of them in a chain.
double busiest_share(const arch::PackageSpec& package, const map::Mapping& mapping, size_t layer,
                     const std::vector<map::Crossing>& crossings) {
  std::map<std::pair<int, map::Side>, double> elements;
  double all = 0;
  double most = 0;
  for (const map::Crossing& crossing : crossings) {
    const int near = mapping.layers[layer][static_cast<size_t>(crossing.producer)].chip;
    const auto side =
        map::leaving_side(package, core::ChipId(near), core::ChipId(crossing.far_chip));
    const auto sent = static_cast<double>(crossing.region.neurons());
    double& sum = elements[{near, side}];
    sum += sent;
    most = std::max(most, sum);
    all += sent * crossing.die_edges;
  }
  return most / all;
}

/// The preset whose links are the price, or the first. Errors: UserError.
const sweep::PresetSetup& setup_of(const sweep::Experiment& experiment,
                                   const std::string& variant) {
  const std::string key = "variants." + variant + ".preset";
  if (!experiment.values.has(key)) return experiment.presets.front();
  const std::string& wanted = experiment.values.text(key);
  std::string known;
  for (const auto& setup : experiment.presets) {
    if (setup.name == wanted) return setup;
    known += (known.empty() ? "" : ", ") + setup.name;
  }
  experiment.values.refuse(key, "one of the experiment's presets: " + known,
                           fmt::format("Add {} to presets.", wanted));
}

}  // namespace

std::vector<train::Framing> framing_of(const sweep::Experiment& experiment,
                                       const ir::Network& network, const std::string& variant) {
  const sweep::PresetSetup& setup = setup_of(experiment, variant);
  const arch::PackageSpec& package = setup.package;
  const map::Mapping mapping = map::map_network(network, package);
  std::vector<train::Framing> framings;
  for (size_t b = 0; b < network.boundaries.size(); ++b) {
    const auto layer = static_cast<size_t>(network.boundaries[b].layer);
    const auto& crossings = mapping.crossings[b];
    train::Framing framing;
    framing.layout = arch::wire_layout(package);
    int most_edges = 0;
    for (const map::Crossing& crossing : crossings) {
      framing.blocks.push_back(
          {map::elements_of(crossing.region, network.layers[layer].out), crossing.die_edges});
      most_edges = std::max(most_edges, crossing.die_edges);
    }
    framing.prices = {.nanojoules_per_bit = nanojoules_per_bit(setup),
                      .nanoseconds_per_bit = nanoseconds_per_bit(package) *
                                             busiest_share(package, mapping, layer, crossings),
                      .nanoseconds_crossing = nanoseconds_crossing(package) * most_edges};
    framings.push_back(std::move(framing));
  }
  return framings;
}

}  // namespace ranvier::app
