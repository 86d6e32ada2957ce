#pragma once
// The table of codecs: one row names a codec, its argument, its ranges and its maker. Private to
// codec/.

#include "ranvier/codec/codec.hpp"
#include "ranvier/codec/symbol_field.hpp"
#include "ranvier/codec/wire.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace ranvier::codec {

struct CodecEntry {
  CodecKind kind;
  std::string_view name;
  int CodecSpec::*argument;  // what stands in the parentheses, times `scale`
  std::string_view argument_name;
  int scale = 1;  // 1000 for a share
  int lowest;
  int lowest_signed;
  int highest;
  int32_t threshold_lowest = 0;  // 0..0: the codec has no threshold
  int32_t threshold_highest = 0;
  int32_t threshold_multiple = 1;
  int leak_highest = 0;  // 0: the codec has no membrane
  SymbolField (*symbol_field)(const CodecSpec&);
  std::unique_ptr<Codec> (*make)(const BoundaryParams&);
};

std::span<const CodecEntry> codec_table();
const CodecEntry& codec_entry(CodecKind kind);
SymbolField symbol_field(const CodecSpec& spec);

std::unique_ptr<Codec> make_dense(const BoundaryParams& params);
std::unique_ptr<Codec> make_rate(const BoundaryParams& params);
std::unique_ptr<Codec> make_graded(const BoundaryParams& params);
std::unique_ptr<Codec> make_ttfs(const BoundaryParams& params);
std::unique_ptr<Codec> make_topk(const BoundaryParams& params);

struct WireEntry {
  WireKind kind;
  std::string_view name;
  bool (*carries)(const CodecSpec&);
  std::unique_ptr<WireFormat> (*make)(const BoundaryParams&, const WireLayout&);
};

/// Formats in the order of their id in the header; kAuto is none of them.
std::span<const WireEntry> wire_table();

std::unique_ptr<WireFormat> make_packet_format(const BoundaryParams& params,
                                               const WireLayout& layout);
std::unique_ptr<WireFormat> make_aer_format(const BoundaryParams& params, const WireLayout& layout);
std::unique_ptr<WireFormat> make_bitmap_format(const BoundaryParams& params,
                                               const WireLayout& layout);
std::unique_ptr<WireFormat> make_burst_format(const BoundaryParams& params,
                                              const WireLayout& layout);
std::unique_ptr<WireFormat> make_rans_format(const BoundaryParams& params,
                                             const WireLayout& layout);
std::unique_ptr<WireFormat> make_auto_format(const BoundaryParams& params,
                                             const WireLayout& layout);

}  // namespace ranvier::codec
