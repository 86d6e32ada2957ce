// `ranvier codec`: what a codec and every wire format make of activity with a given event rate.

#include "ranvier/app/commands.hpp"
#include "ranvier/app/table.hpp"
#include "ranvier/codec/codec.hpp"
#include "ranvier/codec/wire.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ranvier::app {
namespace {

struct CodecOptions {
  std::string codec = "graded(3)";
  int elements = 256;
  int frames = 200;
  double rate = 0.25;
};

struct Row {
  codec::WireKind wire;
  double bits_per_activation = 0;
  double flits_per_frame = 0;
};

/// A frame whose symbols are events with probability `rate`, levels uniform over what the codec can
/// send.
codec::Frame random_frame(const codec::CodecSpec& spec, int elements, double rate, core::Rng& rng) {
  codec::Frame frame{.steps = spec.steps, .elements = elements, .symbols = {}};
  const bool dense = spec.kind == codec::CodecKind::kDense;
  const int magnitude = spec.kind == codec::CodecKind::kRate   ? 1
                        : spec.kind == codec::CodecKind::kTtfs ? spec.window
                        : dense ? (1 << (spec.bits - (spec.is_signed ? 1 : 0))) - 1
                                : 1 << spec.bits;
  for (int i = 0; i < spec.steps * elements; ++i) {
    const bool fires = rng.uniform() < rate;
    int level = fires ? 1 + static_cast<int>(rng.below(static_cast<uint64_t>(magnitude))) : 0;
    if (spec.is_signed && rng.below(2) == 1) level = -level;
    frame.symbols.push_back(static_cast<int16_t>(level));
  }
  return frame;
}

/// Tables of frames that are not among those measured.
codec::BoundaryParams with_tables(const codec::CodecSpec& spec, const CodecOptions& options,
                                  uint64_t seed) {
  constexpr int kFrames = 100;
  constexpr uint64_t kOtherSeed = 0x5eed;
  core::Rng rng(seed ^ kOtherSeed);
  codec::SymbolStatistics statistics(spec, 1, 1, options.elements);
  for (int f = 0; f < kFrames; ++f) {
    statistics.add(random_frame(spec, options.elements, options.rate, rng));
  }
  codec::BoundaryParams params;
  params.spec = spec;
  params.channels.resize(1);
  params.entropy = statistics.tables();
  return params;
}

Row measure(codec::WireKind kind, const codec::CodecSpec& spec, const CodecOptions& options,
            uint64_t seed) {
  const codec::WireLayout layout;
  const auto wire = codec::make_wire_format(kind, with_tables(spec, options, seed), layout);
  core::Rng rng(seed);
  Row row{.wire = kind};
  for (int f = 0; f < options.frames; ++f) {
    const auto frame = random_frame(spec, options.elements, options.rate, rng);
    const auto sent = wire->encode(frame);
    if (!(wire->decode(sent, options.elements) == frame)) {
      throw core::RunError(fmt::format("[codec] {} over {} did not return the frame it was given",
                                       codec::to_string(spec), codec::to_string(kind)));
    }
    row.bits_per_activation += static_cast<double>(codec::link_bits(sent, layout));
    row.flits_per_frame += static_cast<double>(sent.flits());
  }
  row.bits_per_activation /= static_cast<double>(options.elements) * options.frames;
  row.flits_per_frame /= options.frames;
  return row;
}

std::vector<Row> measure_all(const CodecOptions& options, uint64_t seed) {
  const auto spec = codec::parse_codec(options.codec, "--codec");
  using codec::WireKind;
  const bool dense = spec.kind == codec::CodecKind::kDense;
  std::vector<WireKind> kinds{WireKind::kPacket};
  if (dense) {
    kinds.push_back(WireKind::kBurst);
  } else {
    kinds.insert(kinds.end(), {WireKind::kAer, WireKind::kBitmap});
  }
  kinds.insert(kinds.end(), {WireKind::kRans, WireKind::kAuto});
  std::vector<Row> rows;
  for (const WireKind kind : kinds) rows.push_back(measure(kind, spec, options, seed));
  return rows;
}

void print(const CodecOptions& options, const std::vector<Row>& rows, bool json) {
  if (json) {
    nlohmann::ordered_json out{{"codec", options.codec},
                               {"elements", options.elements},
                               {"events_per_element_step", options.rate}};
    for (const Row& row : rows) {
      out["wires"].push_back({{"wire_format", codec::to_string(row.wire)},
                              {"bits_per_activation", row.bits_per_activation},
                              {"flits_per_frame", row.flits_per_frame}});
    }
    fmt::print("{}\n", out.dump(2));
    return;
  }
  std::vector<std::vector<std::string>> table{{"wire format", "bits/activation", "flits/frame"}};
  for (const Row& row : rows) {
    table.push_back({std::string(codec::to_string(row.wire)),
                     fmt::format("{:.3f}", row.bits_per_activation),
                     fmt::format("{:.1f}", row.flits_per_frame)});
  }
  fmt::print(
      "{} at {} events per element and step, {} elements a frame, every link bit counted\n{}",
      options.codec, options.rate, options.elements, text_table(table));
}

}  // namespace

void attach_codec(CLI::App& app, const Common& common, std::function<void()>& action) {
  auto options = std::make_shared<CodecOptions>();
  app.add_option(
      "--codec", options->codec,
      "dense(bits), rate(T), graded(k), ttfs(T), topk(f), each also ...,signed) [graded(3)]");
  app.add_option("--rate", options->rate, "events per element and time step [0.25]")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--elements", options->elements, "elements of a frame [256]")
      ->check(CLI::Range(1, 65536));
  app.add_option("--frames", options->frames, "frames to average over [200]")
      ->check(CLI::Range(1, 1000000));
  app.callback([options, &common, &action] {
    action = [options, &common] {
      print(*options, measure_all(*options, common.seed.value_or(1)), common.json);
    };
  });
}

}  // namespace ranvier::app
