#include "ranvier/app/noc_options.hpp"

#include "ranvier/app/cli.hpp"
#include "ranvier/arch/package.hpp"
#include "ranvier/cost/price.hpp"
#include "ranvier/sim/lowered.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace ranvier::app {
namespace {

constexpr int kLongestSide = 1024;  // tiles
constexpr double kLowestRate = 1e-6;
constexpr size_t kMostRates = 1000;

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::pair<int, int> parse_size(const std::string& text, const char* flag) {
  const auto parts = split(text, 'x');
  if (parts.size() == 2) {
    const auto width = whole<int>(parts[0]);
    const auto height = whole<int>(parts[1]);
    if (width && height && *width >= 1 && *height >= 1 && *width <= kLongestSide &&
        *height <= kLongestSide) {
      return {*width, *height};
    }
  }
  refuse_flag(flag, text, fmt::format("WIDTHxHEIGHT, each 1..{}", kLongestSide),
              "For example 8x8.");
}

void require(const char* flag, int64_t given, int64_t low, int64_t high,
             const std::string& hint = {}) {
  if (given >= low && given <= high) return;
  refuse_flag(flag, std::to_string(given), fmt::format("{}..{}", low, high), hint);
}

/// The dies of the mesh, square and equal.
void cut(const NocOptions& options, arch::PackageSpec& package) {
  const auto [width, height] = parse_size(options.mesh, "--mesh");
  const auto [chips_x, chips_y] = parse_size(options.chips, "--chips");
  if (width % chips_x != 0 || height % chips_y != 0) {
    refuse_flag("--chips", options.chips,
                fmt::format("counts that divide the mesh of {}", options.mesh));
  }
  if (width / chips_x != height / chips_y) {
    refuse_flag("--mesh", options.mesh,
                fmt::format("square dies, {} chips give dies of {}x{}", options.chips,
                            width / chips_x, height / chips_y),
                "Dies are K x K; other meshes are rows of square dies.");
  }
  package.chips_x = chips_x;
  package.chips_y = chips_y;
  package.chip.mesh = width / chips_x;
}

arch::PackageSpec package(const NocOptions& options) {
  const auto presets = arch::preset_names();
  if (std::find(presets.begin(), presets.end(), options.preset) == presets.end()) {
    refuse_flag("--preset", options.preset, fmt::format("one of {}", fmt::join(presets, ", ")));
  }
  const std::array<config::Source, 1> sources{
      config::Source{"preset " + options.preset, std::string(arch::preset_yaml(options.preset))}};
  std::vector<config::Field> schema;  // a preset has prices, too
  for (const auto part : {arch::hardware_schema(), cost::cost_schema()}) {
    schema.insert(schema.end(), part.begin(), part.end());
  }
  const auto values = config::load(sources, options.overrides, schema);
  arch::PackageSpec package = arch::package_from(values);
  cut(options, package);
  require("--vcs", options.vcs, 1, sim::kMaxVirtualChannels);
  require("--buffer-flits", options.buffer_flits, 1, 32767);
  require("--router-cycles", options.router_cycles, 1, 4096);
  require("--link-cycles", options.link_cycles, 0, 4096);
  package.router = {.router_cycles = options.router_cycles,
                    .link_cycles = options.link_cycles,
                    .buffer_flits = options.buffer_flits,
                    .virtual_channels = options.vcs};
  return package;
}

sim::Targets::Hotspot hotspot(const NocOptions& options, const arch::PackageSpec& package) {
  if (!(options.hotspot_share >= 0 && options.hotspot_share <= 1)) {
    refuse_flag("--hotspot-share", fmt::format("{}", options.hotspot_share), "0..1");
  }
  int x = package.width() / 2;
  int y = package.height() / 2;
  if (!options.hotspot_tile.empty()) {
    const auto parts = split(options.hotspot_tile, ',');
    x = parts.size() == 2 ? whole<int>(parts[0]).value_or(-1) : -1;
    y = parts.size() == 2 ? whole<int>(parts[1]).value_or(-1) : -1;
    if (x < 0 || y < 0 || x >= package.width() || y >= package.height()) {
      refuse_flag("--hotspot-tile", options.hotspot_tile,
                  fmt::format("X,Y with X in 0..{} and Y in 0..{}", package.width() - 1,
                              package.height() - 1));
    }
  }
  return {.tile = y * package.width() + x, .share = options.hotspot_share};
}

}  // namespace

void add_noc_flags(CLI::App& app, NocOptions& options) {
  app.add_option("--mesh", options.mesh, "tiles, width x height [8x8]");
  app.add_option("--chips", options.chips, "dies the mesh is cut into, across x down [1x1]");
  app.add_option("--preset", options.preset, "clocks and links between the dies [ucie16nm]");
  app.add_option("--set", options.overrides, "hardware.KEY=VALUE, repeatable; see describe");
  app.add_option("--traffic", options.traffic,
                 "uniform, transpose, bitcomp, tornado, shuffle, neighbor or hotspot [uniform]");
  app.add_option("--hotspot-tile", options.hotspot_tile, "X,Y of the hot tile [the centre]");
  app.add_option("--hotspot-share", options.hotspot_share,
                 "share of the packets that go there, the others are uniform [1]");
  app.add_option("--rate", options.rate,
                 "flits per tile and cycle, or FIRST:LAST:STEP for a curve [0.1]");
  app.add_option("--packet-flits", options.packet_flits, "flits of a packet [1]");
  app.add_option("--vcs", options.vcs, "virtual channels [1]");
  app.add_option("--buffer-flits", options.buffer_flits, "per input port and VC [4]");
  app.add_option("--router-cycles", options.router_cycles, "router stage P [2]");
  app.add_option("--link-cycles", options.link_cycles, "link L [1]");
  app.add_option("--warmup", options.warmup, "cycles before the measurement [1000]");
  app.add_option("--cycles", options.cycles, "cycles whose packets are measured [10000]");
  app.add_option("--drain", options.drain,
                 "most cycles after that to wait for them [as many as are measured]");
  app.add_option(
      "--threads", options.threads,
      "rates of a curve that run side by side; for one rate, threads that share its chips [1]");
  app.add_option("--trace", options.trace,
                 "FILE.csv or FILE.h5: every packet of the run, to replay; one rate only");
}

sim::NocSpec noc_spec(const NocOptions& options, uint64_t seed) {
  constexpr int64_t kLong = 1'000'000'000'000;
  require("--packet-flits", options.packet_flits, 1, 65536);
  require("--warmup", options.warmup, 0, kLong);
  require("--cycles", options.cycles, 1, kLong);
  require("--threads", options.threads, 1, 1024);
  if (options.drain != -1) require("--drain", options.drain, 0, kLong);
  sim::NocSpec spec;
  spec.pattern = sim::parse_pattern(options.traffic, "--traffic");
  spec.package = package(options);
  spec.hotspot = hotspot(options, spec.package);
  spec.packet_flits = options.packet_flits;
  spec.warmup_cycles = options.warmup;
  spec.measure_cycles = options.cycles;
  spec.drain_cycles = options.drain < 0 ? options.cycles : options.drain;
  spec.seed = seed;
  return spec;
}

std::vector<double> parse_rates(const std::string& text, int packet_flits) {
  const std::string allowed = fmt::format(
      "R or FIRST:LAST:STEP with rates in 0.000001..{} flits per tile and cycle and at "
      "most {} of them",
      packet_flits, kMostRates);
  std::vector<double> numbers;
  for (const auto& part : split(text, ':')) {
    numbers.push_back(whole<double>(part).value_or(-1.0));
    if (!(numbers.back() >= kLowestRate && numbers.back() <= packet_flits)) {
      refuse_flag("--rate", text, allowed, "A tile makes at most one packet in a cycle.");
    }
  }
  if (numbers.size() == 1) return numbers;
  if (numbers.size() != 3 || numbers[1] < numbers[0]) refuse_flag("--rate", text, allowed);
  // Half a thousandth of a step keeps the last rate in spite of binary fractions.
  const double steps = std::floor((numbers[1] - numbers[0]) / numbers[2] + 5e-4);
  if (steps >= static_cast<double>(kMostRates)) refuse_flag("--rate", text, allowed);
  std::vector<double> rates;
  for (int i = 0; i <= static_cast<int>(steps); ++i) {
    const double rate = numbers[0] + i * numbers[2];
    rates.push_back(std::round(rate * 1e9) / 1e9);
  }
  return rates;
}

}  // namespace ranvier::app
