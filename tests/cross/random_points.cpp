#include "tests/cross/random_points.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/ir/entropy.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/test_network.hpp"
#include "ranvier/shapes/bundle.hpp"

#include <fmt/format.h>

#include <cmath>
#include <initializer_list>

namespace ranvier::testing {
namespace {

using codec::WireKind;
using core::Rng;
using ir::NetworkKind;

template <class T>
T one_of(Rng& rng, std::initializer_list<T> values) {
  return values.begin()[rng.below(values.size())];
}

int between(Rng& rng, int low, int high) {
  return low + static_cast<int>(rng.below(static_cast<uint64_t>(high - low + 1)));
}

/// Evenly in the logarithm.
double log_between(Rng& rng, double low, double high) {
  return low * std::pow(high / low, rng.uniform());
}

/// What crosses the dies, and how.
struct Code {
  NetworkKind kind = NetworkKind::kAnn;
  std::string codec;
  WireKind wire = WireKind::kAuto;
  int steps = 1;
  double density = 0.3;
};

Code draw_code(Rng& rng) {
  Code code;
  code.density = log_between(rng, 0.01, 1);
  const uint64_t kind = rng.below(5);
  if (kind < 2) {
    code.codec = one_of<const char*>(rng, {"dense(4)", "dense(8)"});
    code.wire = one_of(rng, {WireKind::kPacket, WireKind::kBurst, WireKind::kBurst});
  } else if (kind < 4) {
    code.kind = NetworkKind::kHnn;
    code.codec =
        one_of<const char*>(rng, {"graded(1)", "graded(2)", "graded(3)", "rate(4)", "rate(8)"});
    code.wire = one_of(rng, {WireKind::kAuto, WireKind::kAer, WireKind::kBitmap, WireKind::kPacket,
                             WireKind::kRans});
  } else {
    code.kind = NetworkKind::kSnn;
    code.steps = between(rng, 1, 4);
    code.codec = fmt::format("rate({})", code.steps);
    code.wire = one_of(rng, {WireKind::kAuto, WireKind::kAer, WireKind::kBitmap});
  }
  return code;
}

arch::PackageSpec draw_package(Rng& rng) {
  arch::PackageSpec package;
  package.chip.mesh = between(rng, 3, 8);
  package.chip.neurons_per_core = 1 << between(rng, 5, 8);
  package.core_clock = core::Hertz(std::round(log_between(rng, 1e8, 2e9)));
  package.router.router_cycles = between(rng, 1, 4);
  package.router.link_cycles = between(rng, 1, 2);
  package.router.buffer_flits = 1 << between(rng, 2, 5);
  package.emio.merge_cycles = between(rng, 1, 3);
  package.emio.split_cycles = between(rng, 1, 2);
  package.emio.fifo_sync_cycles = between(rng, 2, 4);
  package.emio.fifo_depth = 1 << between(rng, 1, 5);
  package.emio.lane_buffer_flits = between(rng, 2, 32);
  package.emio.merge_policy =
      one_of(rng, {arch::MergePolicy::kRoundRobin, arch::MergePolicy::kFixedPriority});
  package.serdes.lanes = between(rng, 1, 32);
  package.serdes.lane_rate = core::Hertz(std::round(log_between(rng, 5e8, 3.2e10)));
  package.serdes.phy_latency = core::Picoseconds(between(rng, 0, 20'000));
  package.converter.encode_elements_per_cycle = 1 << between(rng, 0, 2);
  package.converter.rans_symbols_per_cycle = 1 << between(rng, 0, 2);
  package.converter.decode_elements_per_cycle = 1 << between(rng, 0, 2);
  package.converter.output_flits = 1 << between(rng, 3, 9);
  package.compute.macs_per_cycle = 1 << between(rng, 1, 9);
  package.compute.acs_per_cycle = 1 << between(rng, 1, 9);
  return package;
}

ir::Network shapes_network(const Code& code, shapes::Architecture architecture) {
  shapes::Settings settings;
  settings.architecture = std::move(architecture);
  return shapes::describe(settings, {.name = "shapes",
                                     .kind = code.kind,
                                     .codec = codec::parse_codec(code.codec, "test"),
                                     .steps = code.steps,
                                     .events_per_neuron = {}});
}

ir::Network draw_network(Rng& rng, const Code& code, arch::PackageSpec& package) {
  const auto codec = codec::parse_codec(code.codec, "test");
  const uint64_t which = rng.below(8);
  if (which < 4) {
    package.chips_x = 2;
    return map::testing::two_chip_network(code.kind, codec, code.steps);
  }
  package.chips_x = 4;
  package.chips_y = 4;
  if (which < 7) return map::testing::filled_network(code.kind, codec, code.steps);
  if (code.kind == NetworkKind::kSnn || rng.below(2) == 0) {
    return shapes_network(code, shapes::msresnet({8, 16}, {1, 1}, {3, 12, 12}, 10));
  }
  return shapes_network(code, shapes::rwkv(1, 64, 64));
}

ir::Activity draw_activity(Rng& rng, const Code& code, ir::Network& network) {
  if (code.wire == WireKind::kRans) {
    ir::learn_entropy(network, map::testing::random_activity(network, 4, code.density, rng.next()));
  }
  return map::testing::random_activity(network, 1, code.density, rng.next());
}

}  // namespace

RandomPoint random_point(uint64_t seed, uint64_t number, map::DeliveryMode delivery) {
  Rng rng(Rng(seed).fork(number).next());  // streams of neighbouring numbers overlap
  for (;;) {
    const Code code = draw_code(rng);
    RandomPoint point{.what = {}, .package = draw_package(rng), .workload = {}};
    ir::Network network = draw_network(rng, code, point.package);
    const ir::Activity activity = draw_activity(rng, code, network);
    point.package.router.fork_flits = 8 << number % 5;
    try {
      point.workload =
          map::build_workload(network, map::map_network(network, point.package, {}, delivery),
                              activity, 0, code.wire, point.package);
    } catch (const core::UserError&) {
      continue;  // it does not fit
    }
    point.what = fmt::format(
        "seed {} point {}, {}: {} {} {} over {}, density {:.3f}, mesh {}, core {:.0f} MHz, {} x "
        "{:.0f} "
        "Mbit/s",
        seed, number, to_string(delivery), network.name, ir::to_string(code.kind), code.codec,
        codec::to_string(code.wire), code.density, point.package.chip.mesh,
        point.package.core_clock.value() / 1e6, point.package.serdes.lanes,
        point.package.serdes.lane_rate.value() / 1e6);
    return point;
  }
}

}  // namespace ranvier::testing
