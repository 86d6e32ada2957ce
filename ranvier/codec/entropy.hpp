#pragma once
// Static symbol statistics of one boundary, for the wire format `rans`: integer frequencies per
// channel and context, learned from recorded frames of training samples and shipped with the
// boundary. Equations: docs/models/wire-formats.md, "rans".

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace ranvier::codec {

struct CodecSpec;
struct Frame;

inline constexpr int kEntropyBits = 12;       // a row of frequencies sums to 2^12
inline constexpr int kNeighbourContexts = 5;  // none known; left and above silent or not
inline constexpr int kMostDirect = 256;       // symbols that a row names; rarer ones are escaped

/// Frequencies [channel][context][entry], each at least 1, every row summing to 2^kEntropyBits.
/// Entries are the symbols in the order 0, 1, 2, ... (signed: 0, +1, -1, +2, ...), then the escape
/// where the codec has more symbols than kMostDirect.
struct EntropyTables {
  int height = 1;  // of the boundary tensor [elements]: its elements count in CHW order
  int width = 1;
  int contexts = kNeighbourContexts;
  std::vector<uint16_t> frequency;
  bool operator==(const EntropyTables&) const = default;
};

/// Entries of a row.
int entropy_entries(const CodecSpec& spec);

/// Contexts that frames of this codec tell apart: neighbours in space, times the symbol of the step
/// before where there are several steps. Tables may also do with kNeighbourContexts.
int entropy_contexts(const CodecSpec& spec);

/// Counts the symbols of frames in their contexts and makes tables of them.
class SymbolStatistics {
 public:
  /// `height` x `width` elements per channel. Errors: ContractViolation for sizes below 1.
  SymbolStatistics(const CodecSpec& spec, int channels, int height, int width);
  ~SymbolStatistics();
  SymbolStatistics(SymbolStatistics&&) noexcept;

  /// One frame; `places`: positions of its elements in the tensor, ascending (none: 0, 1, 2, ...).
  /// Cost: O(elements x steps).
  void add(const Frame& frame, std::span<const uint32_t> places = {});

  /// Nearest integer tables. A context with few symbols leans on its channel, a channel on the
  /// whole boundary, so that every symbol can be sent and rare contexts cost little.
  EntropyTables tables() const;

 private:
  struct Counts;
  std::unique_ptr<Counts> counts_;
};

}  // namespace ranvier::codec
