#include "ranvier/codec/registry.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/quantity.hpp"

#include <algorithm>

namespace ranvier::codec {
namespace {

using Style = SymbolField::Style;

constexpr SymbolField magnitude_of_bits(const CodecSpec& spec) {
  return {Style::kMagnitude, spec.bits, spec.is_signed};
}

constexpr CodecEntry kCodecs[] = {
    {.kind = CodecKind::kDense,
     .name = "dense",
     .argument = &CodecSpec::bits,
     .argument_name = "bits",
     .lowest = 1,
     .lowest_signed = 2,
     .highest = 32,
     .symbol_field =
         [](const CodecSpec& spec) {
           return SymbolField{Style::kTwosComplement, spec.bits, spec.is_signed};
         },
     .make = make_dense},
    {.kind = CodecKind::kRate,
     .name = "rate",
     .argument = &CodecSpec::steps,
     .argument_name = "steps",
     .lowest = 1,
     .lowest_signed = 1,
     .highest = 64,
     .threshold_lowest = 2,
     .threshold_highest = 65534,
     .threshold_multiple = 2,
     .leak_highest = 15,
     .symbol_field =
         [](const CodecSpec& spec) {
           return SymbolField{Style::kMagnitude, 0, spec.is_signed};
         },
     .make = make_rate},
    {.kind = CodecKind::kGraded,
     .name = "graded",
     .argument = &CodecSpec::bits,
     .argument_name = "bits",
     .lowest = 0,
     .lowest_signed = 0,
     .highest = 8,
     .threshold_lowest = 1,
     .threshold_highest = 32767,
     .symbol_field = magnitude_of_bits,
     .make = make_graded},
    {.kind = CodecKind::kTtfs,
     .name = "ttfs",
     .argument = &CodecSpec::window,
     .argument_name = "window",
     .lowest = 1,
     .lowest_signed = 1,
     .highest = 64,
     .threshold_lowest = 1,
     .threshold_highest = 32767,
     .symbol_field =
         [](const CodecSpec& spec) {
           return SymbolField{Style::kMagnitude, core::bits_to_name(spec.window), spec.is_signed,
                              spec.window};
         },
     .make = make_ttfs},
    {.kind = CodecKind::kTopk,
     .name = "topk",
     .argument = &CodecSpec::per_mille,
     .argument_name = "per_mille",
     .scale = 1000,
     .lowest = 1,
     .lowest_signed = 1,
     .highest = 1000,
     .symbol_field = magnitude_of_bits,
     .make = make_topk},
};

bool any_codec(const CodecSpec&) { return true; }
bool dense_only(const CodecSpec& spec) { return spec.kind == CodecKind::kDense; }

constexpr WireEntry kWires[] = {
    {WireKind::kPacket, "packet", any_codec, make_packet_format},
    {WireKind::kAer, "aer", any_codec, make_aer_format},
    {WireKind::kBitmap, "bitmap", any_codec, make_bitmap_format},
    {WireKind::kBurst, "burst", dense_only, make_burst_format},
    {WireKind::kRans, "rans", any_codec, make_rans_format},
};

}  // namespace

std::span<const WireEntry> wire_table() { return kWires; }

std::span<const CodecEntry> codec_table() { return kCodecs; }

const CodecEntry& codec_entry(CodecKind kind) {
  for (const CodecEntry& entry : kCodecs) {
    if (entry.kind == kind) return entry;
  }
  throw core::ContractViolation("every codec kind has a row in the table");
}

SymbolField symbol_field(const CodecSpec& spec) {
  return codec_entry(spec.kind).symbol_field(spec);
}

int encode_steps(const CodecSpec& spec) { return std::max(spec.steps, spec.window); }

int symbol_bits(const CodecSpec& spec) { return symbol_field(spec).bits(); }

}  // namespace ranvier::codec
