#pragma once
// What report.html draws beyond summary.json: details.json, written by whoever ran the experiment.

#include "ranvier/report/break_even.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::report {

/// Where the time of the critical path of the first simulated inference went; the parts add up to
/// its latency. [ns]
struct LatencyParts {
  double compute_ns = 0;
  double network_ns = 0;    // routers and on-chip links
  double serialise_ns = 0;  // bits leaving through the SerDes
  double crossing_ns = 0;   // merge, FIFOs, PHY, split
  double queue_ns = 0;      // waiting for a busy core, channel or link
};

/// One direction of one die-to-die link during one inference.
struct LinkLoad {
  int from_chip = 0;
  int to_chip = 1;
  std::string side;  // of from_chip: north, east, south or west
  int64_t bits = 0;
  double utilisation = 0;  // 0..1 of the link's capacity over the inference
};

/// Flits through every router of one die, and where the die stands in the package.
struct ChipLoad {
  int chip = 0;
  int column = 0;
  int row = 0;                        // grows south
  std::vector<int64_t> router_flits;  // mesh * mesh, row by row, north-west first
};

/// `link_pj_per_bit`: prices of a link bit at which the variant needs less energy than `baseline`.
/// `link_gbps`: link rates at which it needs less time (usually kBelow: it wins on slow links).
struct BreakEven {
  std::string baseline;
  Threshold link_pj_per_bit;
  Threshold link_gbps;
};

/// One variant on one preset.
struct PresetRun {
  std::string preset;
  LatencyParts latency;
  std::vector<LinkLoad> links;
  std::vector<ChipLoad> chips;
  std::vector<BreakEven> break_even;  // hnn-*: one per dense baseline
};

struct RasterEvent {
  int32_t element = 0;  // position in the boundary tensor, channel-major (CHW)
  int32_t step = 0;     // 0..steps-1
  int32_t symbol = 1;   // signed level of the event
};
struct LevelCount {
  int32_t level = 0;  // decoded level of an element over the window; 0 = silent
  int64_t count = 0;
};
struct FormatBits {
  std::string format;  // packet, aer, bitmap, burst
  double bits_per_activation = 0;
};

/// What crosses one cut; the same for every preset.
struct BoundaryView {
  std::string name;
  int from_chip = 0;
  int to_chip = 1;
  int channels = 1;
  int height = 1;
  int width = 1;
  int steps = 1;
  double events_per_neuron = 0;
  double bits_per_activation = 0;
  std::string wire_format;          // the one in use
  std::vector<FormatBits> formats;  // what each format would cost; may be empty
  int64_t samples = 0;              // behind `levels`
  std::vector<LevelCount> levels;   // ascending
  int64_t sample_events = 0;        // events of the one sample drawn in `raster`
  std::vector<RasterEvent> raster;  // empty for dense codecs; at most kMaxRasterEvents
};
inline constexpr size_t kMaxRasterEvents = 12000;

/// Every n-th event, so that at most kMaxRasterEvents remain.
std::vector<RasterEvent> thin(const std::vector<RasterEvent>& events);

struct VariantDetails {
  std::string name;
  std::string kind;   // ann, hnn, snn
  std::string codec;  // "graded(3)"; empty when it has none
  std::vector<PresetRun> presets;
  std::vector<BoundaryView> boundaries;
};

struct PresetInfo {
  std::string name;
  int chips_x = 1;
  int chips_y = 1;
  int mesh = 8;
  double core_clock_mhz = 0;
  double link_gbps = 0;  // per direction
  double link_pj_per_bit = 0;
};

/// How often the best dense variant's need is that of the best hybrid: above 1 the hybrid is
/// better.
struct Advantage {
  double value = 0;  // of the constant, in `unit`
  double energy = 1;
  double latency = 1;
  double energy_delay = 1;
};

/// The verdict while one constant goes through its published range.
struct Sensitivity {
  std::string constant;   // "cost.sram_leak"
  std::string unit;       // empty for plain numbers
  std::string source;     // where the range is from
  bool analytic = false;  // by the analytic model, nominal included; else repriced cycle counts
  Advantage minimum, nominal, maximum;
};

/// Of one preset; without rows where there is no hybrid or no dense variant.
struct Tornado {
  std::string preset;
  std::vector<Sensitivity> rows;     // constants that move the verdict
  std::vector<std::string> without;  // constants with a range that does not
};

struct Details {
  std::string network;       // one sentence: "MS-ResNet, 0.31 M parameters, 3 cuts"
  std::string data;          // one sentence: "CIFAR-100, 10,000 test images"
  std::string command;       // what repeats the experiment
  int64_t test_samples = 0;  // behind every accuracy
  int64_t simulated_samples = 0;
  std::vector<PresetInfo> presets;
  std::vector<VariantDetails> variants;
  std::vector<Tornado> tornados;  // one per preset; none in runs of older versions
};

std::string to_json(const Details& details);
/// Errors: UserError naming the key inside details.json and `place`.
Details details_from_json(std::string_view text, const std::string& place);

}  // namespace ranvier::report
