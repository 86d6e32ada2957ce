#include "tests/report/fixture.hpp"

#include "ranvier/core/file.hpp"
#include "ranvier/core/rng.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <map>

namespace ranvier::report::fixture {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr int kMesh = 8;
constexpr int64_t kNeurons = 28672;

struct Shape {
  const char* name;
  int channels, side, from, to;
  const char* link_side;
};
constexpr std::array<Shape, 3> kShapes = {{{"stage1", 16, 32, 0, 1, "east"},
                                           {"stage2", 32, 16, 1, 2, "south"},
                                           {"stage3", 64, 8, 2, 3, "west"}}};

/// Made-up behaviour of one variant; costs are microseconds and microjoules under the two presets.
struct Sketch {
  std::string name, kind, codec, wire;
  double quality, events, bits;
  int steps, levels;
  std::array<double, 2> latency, energy;
};

std::vector<Sketch> sketches(const Options& o) {
  std::vector<Sketch> all;
  if (o.dense) {
    all.push_back({"ann-packet",
                   "ann",
                   "dense(8)",
                   "packet",
                   57.31,
                   1,
                   38.2,
                   1,
                   256,
                   {1650, 14.9},
                   {41.2, 5.31}});
    all.push_back({"ann-burst8",
                   "ann",
                   "dense(8)",
                   "burst",
                   57.31,
                   1,
                   9.1,
                   1,
                   256,
                   {418, 13.6},
                   {17.4, 4.62}});
    all.push_back({"ann-burst4",
                   "ann",
                   "dense(4)",
                   "burst",
                   57.02,
                   1,
                   4.6,
                   1,
                   16,
                   {233, 13.5},
                   {13.1, 4.50}});
  }
  all.push_back(
      {"snn", "snn", "rate(4)", "bitmap", 47.9, 0.48, 5.1, 4, 2, {655, 61.3}, {29.8, 9.72}});
  if (o.hybrid) {
    const double e = o.hnn_energy_scale, t = o.hnn_latency_scale;
    all.push_back({o.best,
                   "hnn",
                   "graded(3)",
                   "bitmap",
                   56.64,
                   0.243,
                   1.94,
                   1,
                   9,
                   {131 * t, 14.3 * t},
                   {10.6 * e, 4.71 * e}});
    all.push_back({"hnn-rate4",
                   "hnn",
                   "rate(4)",
                   "bitmap",
                   55.8,
                   0.41,
                   4.4,
                   4,
                   5,
                   {224 * t, 15.2 * t},
                   {13.9 * e, 4.95 * e}});
    all.push_back({"hnn-graded1",
                   "hnn",
                   "graded(1)",
                   "aer",
                   54.9,
                   0.17,
                   1.52,
                   1,
                   3,
                   {119 * t, 14.1 * t},
                   {10.1 * e, 4.66 * e}});
  }
  return all;
}

constexpr std::array<const char*, 2> kPresets = {"paper45nm", "ucie16nm"};

/// Shares of the energy: the link takes the more the more bits a variant sends and the dearer the
/// link is.
std::map<std::string, double> energy_parts(const Sketch& s, size_t preset) {
  const double link = preset == 0 ? s.bits / (s.bits + 7.0) : s.bits / (s.bits + 180.0);
  const double rest = 1 - link;
  return {{"die_to_die_link", link * 0.94}, {"emio_and_fifo", link * 0.06},
          {"clp_converter", rest * 0.03},   {"router_and_wires", rest * 0.21},
          {"compute", rest * 0.30},         {"weight_sram", rest * 0.38},
          {"leakage", rest * 0.08}};
}

LatencyParts latency_parts(const Sketch& s, size_t preset) {
  const double total = s.latency[preset] * 1e3;
  const double serialise = preset == 0 ? 0.72 * s.bits / (s.bits + 1.5) : 0.04;
  const double rest = 1 - serialise;
  return {.compute_ns = total * rest * 0.46,
          .network_ns = total * rest * 0.24,
          .serialise_ns = total * serialise,
          .crossing_ns = total * rest * 0.05,
          .queue_ns = total * rest * 0.25};
}

std::vector<ChipLoad> chips(const Sketch& s) {
  constexpr std::array<std::array<int, 2>, 4> kAt = {{{0, 0}, {1, 0}, {1, 1}, {0, 1}}};
  std::vector<ChipLoad> all;
  for (int chip = 0; chip < 4; ++chip) {
    ChipLoad load{chip, kAt[static_cast<size_t>(chip)][0], kAt[static_cast<size_t>(chip)][1], {}};
    for (int i = 0; i < kMesh * kMesh; ++i) {
      const double dx = i % kMesh - 5.2, dy = i / kMesh - 3.4;
      load.router_flits.push_back(
          static_cast<int64_t>(9000 * (0.6 + 0.02 * s.bits) * std::exp(-(dx * dx + dy * dy) / 14)));
    }
    all.push_back(std::move(load));
  }
  return all;
}

PresetRun run(const Sketch& s, size_t preset) {
  PresetRun out{kPresets[preset], latency_parts(s, preset), {}, chips(s), {}};
  for (const auto& shape : kShapes) {
    const auto bits = static_cast<int64_t>(shape.channels * shape.side * shape.side * s.bits);
    const double rate = preset == 0 ? 0.68e3 : 256e3;  // bits per microsecond
    const double use = static_cast<double>(bits) / (rate * s.latency[preset]);
    const std::string back = shape.link_side[0] == 'e'   ? "west"
                             : shape.link_side[0] == 'w' ? "east"
                                                         : "north";
    out.links.push_back({shape.from, shape.to, shape.link_side, bits, use});
    out.links.push_back({shape.to, shape.from, back, 0, 0});
  }
  if (s.kind == "hnn") {
    out.break_even = {{"ann-packet", {Wins::kAlways, 0}, {Wins::kBelow, 410}},
                      {"ann-burst8", {Wins::kAbove, 0.62}, {Wins::kBelow, 190}},
                      {"ann-burst4", {Wins::kAbove, 2.31}, {Wins::kBelow, 96}}};
  }
  return out;
}

void fill_events(const Sketch& s, const Shape& shape, BoundaryView& view) {
  core::Rng rng(static_cast<uint64_t>(shape.channels) * 131 + static_cast<uint64_t>(s.levels));
  const int elements = shape.channels * shape.side * shape.side;
  std::vector<RasterEvent> events;
  for (int element = 0; element < elements; ++element) {
    const int channel = element / (shape.side * shape.side);
    const double activity = s.events / view.steps * (0.3 + 1.4 * ((channel * 7) % 11) / 10.0);
    for (int step = 0; step < view.steps; ++step) {
      if (rng.uniform() >= activity) continue;
      const int payload = std::max(1, s.levels - 1);
      const int level =
          view.steps > 1 ? 1 : 1 + static_cast<int>(payload * std::pow(rng.uniform(), 3));
      events.push_back({element, step, level});
    }
  }
  view.sample_events = static_cast<int64_t>(events.size());
  view.raster = thin(events);
}

BoundaryView boundary(const Sketch& s, const Shape& shape) {
  BoundaryView view{.name = shape.name,
                    .from_chip = shape.from,
                    .to_chip = shape.to,
                    .channels = shape.channels,
                    .height = shape.side,
                    .width = shape.side,
                    .steps = s.steps,
                    .events_per_neuron = s.events,
                    .bits_per_activation = s.bits * (0.9 + 0.1 * shape.from),
                    .wire_format = s.wire,
                    .formats = {},
                    .samples = 1000,
                    .levels = {},
                    .sample_events = 0,
                    .raster = {}};
  const double events = std::min(0.95, s.events);
  for (int level = 0; level < s.levels; ++level) {
    const double share = level == 0 ? 1 - events * 0.8 : events * std::exp(-7.0 * level / s.levels);
    view.levels.push_back({level, static_cast<int64_t>(share * 1e6)});
  }
  if (s.kind == "ann") return view;
  view.formats = {{"bitmap", view.bits_per_activation},
                  {"aer", 21 * s.events},
                  {"packet", 34 * s.events + 0.1}};
  fill_events(s, shape, view);
  return view;
}

json summary(const Options& options) {
  json variants = json::object();
  for (const auto& s : sketches(options)) {
    json presets = json::object();
    for (size_t p = 0; p < kPresets.size(); ++p) {
      json energy = {{"total", s.energy[p]}};
      for (const auto& [part, share] : energy_parts(s, p)) energy[part] = share * s.energy[p];
      presets[kPresets[p]] = {{"latency_us", s.latency[p]},
                              {"latency_analytic_us", s.latency[p] * 0.97},
                              {"energy_uj", std::move(energy)}};
      if (options.lossy && p == 1) {
        presets[kPresets[p]]["link_errors"]["quality"] = {
            {"metric_deployed", s.quality - 20},
            {"metric_deployed_without_loss", s.quality},
            {"test_samples", 10000},
            {"changed_values_fraction", 0.034}};
      }
    }
    variants[s.name] = {{"metric_float", s.quality + 0.12},
                        {"metric_deployed", s.quality},
                        {"boundary",
                         {{"neurons", kNeurons},
                          {"events_per_neuron", s.events},
                          {"bits_per_activation", s.bits},
                          {"wire_format", s.wire}}},
                        {"chips", 4},
                        {"cores", s.kind == "hnn" ? 214 : 198},
                        {"presets", std::move(presets)}};
  }
  return {{"schema", 1},
          {"experiment", options.experiment},
          {"fidelity", "cycle"},
          {"metric", "accuracy_percent"},
          {"variants", std::move(variants)}};
}

json ledger(const Options& options) {
  json variants = json::object();
  for (const auto& s : sketches(options)) {
    for (size_t p = 0; p < kPresets.size(); ++p) {
      json lines = json::array();
      for (const auto& [part, share] : energy_parts(s, p)) {
        const double pj = share * s.energy[p] * 1e6;
        lines.push_back({{"part", part},
                         {"event", part + "_bits"},
                         {"count", 1000000},
                         {"coefficient", pj * 1e-6},
                         {"unit", "pJ/bit"},
                         {"picojoules", pj},
                         {"source", "made up for the fixture"}});
      }
      variants[s.name][kPresets[p]] = {{"total_pj", s.energy[p] * 1e6},
                                       {"lines", std::move(lines)}};
    }
  }
  return {{"schema", 1}, {"variants", std::move(variants)}};
}

Advantage scaled(const Sensitivity& row, double value, std::array<double, 3> factors) {
  const Advantage& n = row.nominal;
  return {value, n.energy * factors[0], n.latency * factors[1], n.energy_delay * factors[2]};
}

/// The first constant turns the verdict in energy, the last moves latency alone.
Tornado tornado(size_t preset) {
  Tornado out{kPresets[preset], {}, {"cost.area.mac"}};
  const auto row = [&](const char* constant, const char* unit, std::array<double, 3> values,
                       std::array<double, 3> low, std::array<double, 3> high, bool analytic) {
    Sensitivity s{constant, unit, "made up for the fixture", analytic, {}, {}, {}};
    s.nominal = {values[1], 0.95, 1.7, 1.6};
    s.minimum = scaled(s, values[0], low);
    s.maximum = scaled(s, values[2], high);
    out.rows.push_back(s);
  };
  row("cost.d2d_bit", "J/bit", {0.25e-12, 0.5e-12, 1.2e-12}, {0.97, 1, 0.97}, {1.24, 1, 1.24},
      false);
  row("cost.sram_read_bit", "J/bit", {0.02e-12, 0.05e-12, 0.11e-12}, {1.02, 1, 1.02},
      {0.94, 1, 0.94}, false);
  row("hardware.serdes.phy_latency", "s", {2e-9, 4e-9, 9e-9}, {1, 1.1, 1.1}, {1, 0.8, 0.8}, true);
  return out;
}

}  // namespace

Details details(const Options& options) {
  Details all{.network = "MS-ResNet of 0.31 M parameters with 3 chip cuts",
              .data = "no data: every number of this fixture is made up",
              .command = "ranvier run fixture.yaml --out runs/fixture --seed 1",
              .test_samples = 10000,
              .simulated_samples = 1,
              .presets = {{"paper45nm", 2, 2, kMesh, 200, 0.68, 26},
                          {"ucie16nm", 2, 2, kMesh, 1000, 256, 0.5}},
              .variants = {},
              .tornados = {}};
  for (const auto& s : sketches(options)) {
    VariantDetails variant{s.name, s.kind, s.codec, {run(s, 0), run(s, 1)}, {}};
    for (const auto& shape : kShapes) variant.boundaries.push_back(boundary(s, shape));
    all.variants.push_back(std::move(variant));
  }
  if (options.dense && options.hybrid) all.tornados = {tornado(0), tornado(1)};
  return all;
}

void write_run(const fs::path& run_dir, const Options& options) {
  fs::create_directories(run_dir);
  const auto write = [&](const char* name, const std::string& text) {
    core::write_file_atomic(run_dir / name, text);
  };
  write("summary.json", summary(options).dump(1));
  write("details.json", to_json(details(options)));
  write("ledger.json", ledger(options).dump(1));
  write("provenance.json",
        json{{"note", "fixture, nothing was measured"},
             {"config_hash", "0f1e2d3c4b5a6978"},
             {"seed", 1},
             {"versions", {{"ranvier", "0.1.0"}, {"compiler", "GCC 12.2"}, {"echarts", "6.1.0"}}},
             {"machine", {{"cpu", "2 cores"}, {"threads", 2}}}}
            .dump(1));
  write("layers.csv", "layer,neurons,macs\nconv1,16384,442368\n");
  write("links.csv",
        "variant,preset,from_chip,to_chip,bits,utilisation\nsnn,paper45nm,0,1,1,0.1\n");
  write("routers.csv", "variant,preset,x,y,flits\nsnn,paper45nm,0,0,1\n");
  write("boundaries.csv", "variant,boundary,neurons,bits_per_activation\nsnn,stage1,16384,5.1\n");
}

}  // namespace ranvier::report::fixture
