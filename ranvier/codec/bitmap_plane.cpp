#include "ranvier/codec/bitmap_plane.hpp"

#include "ranvier/codec/bit_lanes.hpp"
#include "ranvier/codec/chunk.hpp"
#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>

namespace ranvier::codec {
namespace {

constexpr int kWord = 64;  // presence bits handled at once
constexpr int kHalf = kWord / 2;
constexpr size_t kLanes = 8;  // elements of one lane word: a byte each
constexpr int kLaneFieldLimit = kFieldLimit / static_cast<int>(kLanes);
constexpr uint64_t kOnes = 0x0101010101010101ULL;  // 1 in every lane

using Style = SymbolField::Style;

uint64_t load_lanes(const uint8_t* lanes) {
  uint64_t word = 0;
  std::memcpy(&word, lanes, sizeof word);
  return word;
}

/// Bits of up to 64 elements, first element in bit 0. Eight lanes of 0 or 1 become eight bits by
/// one multiplication: lane i, moved by 56 - 7 i, lands on bit 56 + i, and no two moved bits meet.
uint64_t presence_word(const int16_t* symbols, size_t count) {
  std::array<uint8_t, kWord> present{};
  for (size_t e = 0; e < count; ++e) present[e] = symbols[e] != 0 ? 1 : 0;
  uint64_t word = 0;
  for (size_t byte = 0; byte < kWord / kLanes; ++byte) {
    const uint64_t eight = load_lanes(present.data() + byte * kLanes);
    word |= ((eight * 0x0102040810204080ULL) >> 56) << (byte * 8);
  }
  return word;
}

void put_presence(std::span<const int16_t> symbols, BitWriter& out) {
  BitWriter writer = out;  // a local copy stays in registers
  for (size_t e = 0; e < symbols.size(); e += kWord) {
    const size_t count = std::min<size_t>(kWord, symbols.size() - e);
    const uint64_t word = presence_word(symbols.data() + e, count);
    const int low = std::min(static_cast<int>(count), kHalf);
    writer.put(word & low_mask(kHalf), low);
    writer.put(word >> kHalf, static_cast<int>(count) - low);
  }
  out = writer;
}

/// Presence bits of one chunk as words; moves the reader.
using ChunkWords = std::array<uint64_t, kChunk / kWord>;
ChunkWords take_presence(BitReader& reader, size_t count) {
  ChunkWords words{};
  for (size_t w = 0; w * kWord < count; ++w) {
    const auto left = static_cast<int>(std::min<size_t>(kWord, count - w * kWord));
    const int low = std::min(left, kHalf);
    words[w] = reader.get(low);
    words[w] |= reader.get(left - low) << kHalf;
  }
  return words;
}

int64_t count_present(BitReader reader, size_t elements) {
  int64_t present = 0;
  for_each_chunk(elements, [&](size_t, size_t count) {
    for (const uint64_t word : take_presence(reader, count)) present += std::popcount(word);
  });
  return present;
}

/// Fields of the present elements of one chunk, eight elements at a time: the lanes of the absent
/// ones are squeezed out of a word of eight fields.
template <Style kStyle>
void put_narrow(const int16_t* symbols, size_t count, const SymbolField& field, BitWriter& writer) {
  ChunkOf<uint8_t> present{};
  ChunkOf<uint8_t> fields{};
  for (size_t e = 0; e < count; ++e) {
    present[e] = symbols[e] != 0 ? 1 : 0;
    fields[e] = static_cast<uint8_t>(field.pack<kStyle>(symbols[e]));
  }
  const int bits = field.bits();
  for (size_t e = 0; e < count; e += kLanes) {
    const uint64_t here = load_lanes(present.data() + e);
    const uint64_t packed = squeeze(load_lanes(fields.data() + e), here * low_mask(bits));
    writer.put(packed, std::popcount(here) * bits);
  }
}

/// The inverse of put_narrow; moves the position. Returns whether every field is an event.
template <Style kStyle>
bool take_narrow(const BitReader& reader, const ChunkWords& words, size_t count,
                 const SymbolField& field, int64_t& position, int16_t* symbols) {
  ChunkOf<uint8_t> present;
  ChunkOf<uint8_t> fields;
  const int bits = field.bits();
  for (size_t e = 0; e < count; e += kLanes) {
    const uint64_t byte = (words[e / kWord] >> (e % kWord)) & 0xFF;
    const uint64_t here = spread(byte, kOnes);
    const uint64_t eight = spread(reader.peek(position), here * low_mask(bits));
    std::memcpy(present.data() + e, &here, sizeof here);
    std::memcpy(fields.data() + e, &eight, sizeof eight);
    position += std::popcount(byte) * bits;
  }
  int bad = 0;
  for (size_t e = 0; e < count; ++e) {
    const int32_t symbol = field.unpack<kStyle>(fields[e]);
    bad |= present[e] & (field.holds(symbol, false) ? 0 : 1);
    symbols[e] = static_cast<int16_t>(present[e] != 0 ? symbol : 0);
  }
  return bad == 0;
}

/// As put_narrow, one element at a time, for fields too wide for a lane.
void put_wide(const int16_t* symbols, size_t count, const SymbolField& field, BitWriter& writer) {
  for (size_t e = 0; e < count; ++e) {
    if (symbols[e] != 0) writer.put(field.pack(symbols[e]), field.bits());
  }
}

bool take_wide(const BitReader& reader, const ChunkWords& words, size_t count,
               const SymbolField& field, int64_t& position, int16_t* symbols) {
  const int bits = field.bits();
  bool good = true;
  for (size_t e = 0; e < count; ++e) {
    symbols[e] = 0;
    if (((words[e / kWord] >> (e % kWord)) & 1) == 0) continue;
    const int32_t symbol =
        field.unpack(static_cast<uint32_t>(reader.peek(position) & low_mask(bits)));
    good = good && field.holds(symbol, false);
    symbols[e] = static_cast<int16_t>(symbol);
    position += bits;
  }
  return good;
}

}  // namespace

void put_plane(std::span<const int16_t> symbols, const SymbolField& field, BitWriter& writer) {
  put_presence(symbols, writer);
  if (field.bits() == 0) return;
  BitWriter local = writer;  // stays in registers
  for_each_chunk(symbols.size(), [&](size_t begin, size_t count) {
    const int16_t* chunk = symbols.data() + begin;
    if (field.bits() > kLaneFieldLimit) {
      put_wide(chunk, count, field, local);
    } else {
      field.with_style([&]<Style kStyle>() { put_narrow<kStyle>(chunk, count, field, local); });
    }
  });
  writer = local;
}

int64_t take_plane(BitReader& reader, const SymbolField& field, int64_t most_events,
                   std::span<int16_t> symbols) {
  const int64_t total = count_present(reader, symbols.size());
  if (total > most_events) {
    throw core::RunError(
        fmt::format("wire: {} presence bits where at most {} events are left", total, most_events));
  }
  int64_t position = reader.position() + static_cast<int64_t>(symbols.size());
  bool good = true;
  for_each_chunk(symbols.size(), [&](size_t begin, size_t count) {
    const ChunkWords words = take_presence(reader, count);
    int16_t* chunk = symbols.data() + begin;
    const bool wide = field.bits() > kLaneFieldLimit;
    good &= wide ? take_wide(reader, words, count, field, position, chunk)
                 : field.with_style([&]<Style kStyle>() {
                     return take_narrow<kStyle>(reader, words, count, field, position, chunk);
                   });
  });
  if (!good) throw core::RunError("wire: a field that is no event of this codec");
  reader.seek(position);
  return total;
}

}  // namespace ranvier::codec
