#pragma once
// The integer arithmetic of a boundary: 16-bit currents -> symbols -> fixed-point values, bit exact
// everywhere. The equations are written out in docs/models/converter.md.

#include "ranvier/codec/entropy.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::codec {

enum class CodecKind : uint8_t { kDense, kRate, kGraded, kTtfs, kTopk };

/// Which code crosses the boundary. Text form: "dense(8)", "rate(4)", "graded(3)", "ttfs(8)",
/// "topk(0.1)", each also "...,signed)".
struct CodecSpec {
  CodecKind kind = CodecKind::kGraded;
  int bits = 4;   // dense: bits per value {1..32}; graded: payload bits {0..8}; topk: 8
  int steps = 1;  // rate: T {1..64}; otherwise 1
  bool is_signed = false;
  int window = 1;        // ttfs: T {1..64}, the steps in which the one spike may come; otherwise 1
  int per_mille = 1000;  // topk: elements that are kept {1..1000}; otherwise 1000
  bool operator==(const CodecSpec&) const = default;
};

std::string to_string(const CodecSpec& spec);

/// Errors: UserError naming `key`, the text, and the allowed forms.
CodecSpec parse_codec(std::string_view text, std::string_view key);

/// Bits that one event carries beyond its address and time: payload plus sign.
int symbol_bits(const CodecSpec& spec);

/// Per-channel integers, as deployed.
struct ChannelParams {
  int32_t threshold = 256;  // rate: even, 2..65534; graded, ttfs: 1..32767; dense, topk: unused
  int16_t decode_multiplier = 1;  // 0..32767
  int8_t leak_shift = 0;          // rate: membrane -= membrane >> leak_shift each step; 0 = no leak
  bool operator==(const ChannelParams&) const = default;
};

/// What the spike times of ttfs(T) mean, the same for all channels. Level l = T - t for a spike at
/// step t.
struct LevelTable {
  std::vector<int16_t> threshold;  // [T-1] current [2^-F steps] from which level 2, 3, ... is sent
  std::vector<int16_t> value;  // [T] of level 1, 2, ...: takes the place of the level in decoding
  bool operator==(const LevelTable&) const = default;
};

/// Everything the two converters of one boundary share.
struct BoundaryParams {
  CodecSpec spec;
  int current_frac_bits = 8;  // F: graded and dense read the current as a multiple of 2^-F steps
  int decode_shift = 0;       // value = (level * multiplier + half) >> shift
  int value_frac_bits = 8;    // real value = value * 2^-value_frac_bits
  std::vector<ChannelParams> channels;
  LevelTable levels;                     // ttfs only
  std::optional<EntropyTables> entropy;  // what `rans` codes with; not part of the codec
};

/// What the wire must carry: `steps` planes of `elements` symbols, 0 = no event (for dense: the
/// value 0). rate: each symbol is -1, 0 or +1. Others: one plane, the signed level.
struct Frame {
  int steps = 1;
  int elements = 0;
  std::vector<int16_t> symbols;  // [steps][elements]

  int64_t events() const;  // symbols that are not 0
  bool operator==(const Frame&) const = default;
};

/// Encoder and decoder of one boundary. Immutable, shared freely between threads.
class Codec {
 public:
  virtual ~Codec() = default;
  const BoundaryParams& params() const { return params_; }

  /// Currents of some elements (int16, 2^-F steps), each with its channel -> symbols. Cost:
  /// O(elements x steps).
  virtual Frame encode(std::span<const int16_t> current,
                       std::span<const uint16_t> channel) const = 0;

  /// Symbols -> fixed-point values [2^-value_frac_bits]. Cost: O(elements x steps).
  std::vector<int32_t> decode(const Frame& frame, std::span<const uint16_t> channel) const;

  /// encode without the frame: level of each element = sum of its symbols over the steps. Spans of
  /// one length. Cost: O(elements), vectorised (rate: by the closed form); rate with a leak:
  /// O(elements x steps).
  virtual void encode_levels(std::span<const int16_t> current, std::span<const uint16_t> channel,
                             std::span<int16_t> level) const = 0;

  /// decode without the frame: levels -> values. Spans of one length. Cost: O(elements),
  /// vectorised.
  virtual void decode_levels(std::span<const int16_t> level, std::span<const uint16_t> channel,
                             std::span<int32_t> value) const;

 protected:
  explicit Codec(BoundaryParams params) : params_(std::move(params)) {}

  /// encode of a codec with one plane: its symbols are the levels.
  Frame encode_plane(std::span<const int16_t> current, std::span<const uint16_t> channel) const;

  BoundaryParams params_;
};

/// topk: sets all currents of one sample to 0 but the ceil(f N) of the largest magnitude (unsigned:
/// the largest), of equal ones the first. The near chip does this before its gateways encode.
/// Cost: O(N).
void select_top(std::span<int16_t> current, const CodecSpec& spec);

/// Steps that an encoder spends on an element: T of rate(T) and ttfs(T), else 1.
int encode_steps(const CodecSpec& spec);

/// Errors: UserError when a parameter is outside its range (key "codec....").
std::unique_ptr<Codec> make_codec(const BoundaryParams& params);

/// Level of each element: the sum of its symbols over the steps.
std::vector<int16_t> levels_of(const Frame& frame);

/// level x multiplier >> shift with rounding half up (arithmetic shift), the one decode formula.
int32_t decode_level(int32_t level, int16_t multiplier, int shift);

}  // namespace ranvier::codec
