// Do the codecs and the bitmap format handle 0.5 G activations per second and core, on the
// 256-element blocks that tiles produce and on large frames?

#include "ranvier/codec/bitmap_plane.hpp"
#include "ranvier/codec/codec.hpp"
#include "ranvier/codec/registry.hpp"
#include "ranvier/codec/wire.hpp"
#include "ranvier/core/rng.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

namespace ranvier::codec {
namespace {

constexpr double kTarget = 0.5e9;  // activations per second and core
constexpr int kChannels = 64;
constexpr int kLargeAddressBits = 14;  // names 16384 elements

struct Boundary {
  BoundaryParams params;
  std::vector<int16_t> current;
  std::vector<uint16_t> channel;
};

/// `percent` of the elements reach their threshold; channels change every 4 elements (a 2 x 2 patch
/// each).
Boundary boundary(const char* codec, size_t elements, int64_t percent) {
  core::Rng rng(1);
  Boundary b;
  b.params.spec = parse_codec(codec, "codec");
  b.params.decode_shift = 4;
  for (int c = 0; c < kChannels; ++c) {
    const auto threshold = static_cast<int32_t>(256 + 2 * rng.below(128));
    b.params.channels.push_back({.threshold = threshold, .decode_multiplier = 77});
  }
  for (size_t e = 0; e < elements; ++e) {
    b.channel.push_back(static_cast<uint16_t>(e / 4 % kChannels));
    const bool fires = rng.below(100) < static_cast<uint64_t>(percent);
    b.current.push_back(static_cast<int16_t>(fires ? 512 + rng.below(2048) : rng.below(256)));
  }
  return b;
}

void report(benchmark::State& state, size_t elements) {
  const auto done = static_cast<double>(state.iterations()) * static_cast<double>(elements);
  state.counters["activations"] = benchmark::Counter(done, benchmark::Counter::kIsRate);
  state.counters["of_target"] = benchmark::Counter(done / kTarget, benchmark::Counter::kIsRate);
}

void encode_levels(benchmark::State& state, const char* codec) {
  const Boundary b = boundary(codec, static_cast<size_t>(state.range(0)), state.range(1));
  const auto encoder = make_codec(b.params);
  std::vector<int16_t> level(b.current.size());
  for (auto _ : state) {
    encoder->encode_levels(b.current, b.channel, level);
    benchmark::DoNotOptimize(level.data());
    benchmark::ClobberMemory();
  }
  report(state, b.current.size());
}

void decode_levels(benchmark::State& state, const char* codec) {
  const Boundary b = boundary(codec, static_cast<size_t>(state.range(0)), state.range(1));
  const auto coder = make_codec(b.params);
  std::vector<int16_t> level(b.current.size());
  std::vector<int32_t> value(b.current.size());
  coder->encode_levels(b.current, b.channel, level);
  for (auto _ : state) {
    coder->decode_levels(level, b.channel, value);
    benchmark::DoNotOptimize(value.data());
    benchmark::ClobberMemory();
  }
  report(state, b.current.size());
}

void encode_frame(benchmark::State& state, const char* codec) {
  const Boundary b = boundary(codec, static_cast<size_t>(state.range(0)), state.range(1));
  const auto encoder = make_codec(b.params);
  for (auto _ : state) benchmark::DoNotOptimize(encoder->encode(b.current, b.channel));
  report(state, b.current.size());
}

void decode_frame(benchmark::State& state, const char* codec) {
  const Boundary b = boundary(codec, static_cast<size_t>(state.range(0)), state.range(1));
  const auto coder = make_codec(b.params);
  const Frame frame = coder->encode(b.current, b.channel);
  for (auto _ : state) benchmark::DoNotOptimize(coder->decode(frame, b.channel));
  report(state, b.current.size());
}

WireLayout layout_for(const Frame& frame) {
  WireLayout layout;
  if (frame.elements > 1 << layout.address_bits) layout.address_bits = kLargeAddressBits;
  return layout;
}

/// Tables of the very frame that is coded, which is as good as they get.
BoundaryParams with_tables(BoundaryParams params, const Frame& frame) {
  SymbolStatistics statistics(params.spec, kChannels, 1, frame.elements);
  statistics.add(frame);
  params.entropy = statistics.tables();
  return params;
}

std::unique_ptr<WireFormat> wire_format(WireKind kind, const BoundaryParams& params,
                                        const Frame& frame) {
  const bool has_tables = kind == WireKind::kRans;
  return make_wire_format(kind, has_tables ? with_tables(params, frame) : params,
                          layout_for(frame));
}

void encode_wire(benchmark::State& state, const char* codec, WireKind kind) {
  const Boundary b = boundary(codec, static_cast<size_t>(state.range(0)), state.range(1));
  const Frame frame = make_codec(b.params)->encode(b.current, b.channel);
  const auto format = wire_format(kind, b.params, frame);
  for (auto _ : state) benchmark::DoNotOptimize(format->encode(frame));
  report(state, b.current.size());
}

void decode_wire(benchmark::State& state, const char* codec, WireKind kind) {
  const Boundary b = boundary(codec, static_cast<size_t>(state.range(0)), state.range(1));
  const Frame frame = make_codec(b.params)->encode(b.current, b.channel);
  const auto format = wire_format(kind, b.params, frame);
  const WireFrame wire = format->encode(frame);
  for (auto _ : state) benchmark::DoNotOptimize(format->decode(wire, frame.elements));
  report(state, b.current.size());
}

/// The bitmap's inner routine alone, on memory that is already there.
void put_bitmap_plane(benchmark::State& state, const char* codec) {
  const Boundary b = boundary(codec, static_cast<size_t>(state.range(0)), state.range(1));
  const Frame frame = make_codec(b.params)->encode(b.current, b.channel);
  const SymbolField field = symbol_field(b.params.spec);
  std::vector<uint8_t> bytes(b.current.size() * 3 + kWriterSlack);
  for (auto _ : state) {
    BitWriter writer(bytes.data());
    put_plane(frame.symbols, field, writer);
    benchmark::DoNotOptimize(writer.position());
    benchmark::ClobberMemory();
  }
  report(state, b.current.size());
}

void take_bitmap_plane(benchmark::State& state, const char* codec) {
  const Boundary b = boundary(codec, static_cast<size_t>(state.range(0)), state.range(1));
  Frame frame = make_codec(b.params)->encode(b.current, b.channel);
  const SymbolField field = symbol_field(b.params.spec);
  std::vector<uint8_t> bytes(b.current.size() * 3 + kWriterSlack);
  BitWriter writer(bytes.data());
  put_plane(frame.symbols, field, writer);
  const int64_t events = frame.events();
  for (auto _ : state) {
    BitReader reader(bytes, writer.position());
    benchmark::DoNotOptimize(take_plane(reader, field, events, frame.symbols));
    benchmark::ClobberMemory();
  }
  report(state, b.current.size());
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"elements", "percent"})->Args({256, 30})->Args({16384, 30});
}

void sizes_and_activities(benchmark::internal::Benchmark* b) {
  sizes(b);
  for (const int percent : {0, 10, 100}) b->Args({256, percent});
}

BENCHMARK_CAPTURE(encode_levels, graded3, "graded(3)")->Apply(sizes);
BENCHMARK_CAPTURE(encode_levels, graded3_signed, "graded(3,signed)")->Apply(sizes);
BENCHMARK_CAPTURE(encode_levels, dense8, "dense(8)")->Apply(sizes);
BENCHMARK_CAPTURE(encode_levels, rate4, "rate(4)")->Apply(sizes);
BENCHMARK_CAPTURE(decode_levels, graded3, "graded(3)")->Apply(sizes);
BENCHMARK_CAPTURE(encode_frame, graded3, "graded(3)")->Apply(sizes);
BENCHMARK_CAPTURE(encode_frame, rate4, "rate(4)")->Apply(sizes);
BENCHMARK_CAPTURE(decode_frame, graded3, "graded(3)")->Apply(sizes);
BENCHMARK_CAPTURE(put_bitmap_plane, graded3, "graded(3)")->Apply(sizes_and_activities);
BENCHMARK_CAPTURE(take_bitmap_plane, graded3, "graded(3)")->Apply(sizes_and_activities);
BENCHMARK_CAPTURE(encode_wire, graded3_bitmap, "graded(3)", WireKind::kBitmap)
    ->Apply(sizes_and_activities);
BENCHMARK_CAPTURE(decode_wire, graded3_bitmap, "graded(3)", WireKind::kBitmap)
    ->Apply(sizes_and_activities);
BENCHMARK_CAPTURE(encode_wire, graded3_auto, "graded(3)", WireKind::kAuto)->Apply(sizes);
BENCHMARK_CAPTURE(encode_wire, graded3_rans, "graded(3)", WireKind::kRans)->Apply(sizes);
BENCHMARK_CAPTURE(decode_wire, graded3_rans, "graded(3)", WireKind::kRans)->Apply(sizes);
BENCHMARK_CAPTURE(encode_wire, dense8_burst, "dense(8)", WireKind::kBurst)->Apply(sizes);
BENCHMARK_CAPTURE(decode_wire, dense8_burst, "dense(8)", WireKind::kBurst)->Apply(sizes);

}  // namespace
}  // namespace ranvier::codec
