#pragma once
// One time step of the bitmap format, on memory of the caller: a presence bit per element, then the
// fields of the elements that are present. Nothing allocates. Private to codec/ and its benchmark.

#include "ranvier/codec/bitstream.hpp"
#include "ranvier/codec/symbol_field.hpp"

#include <cstdint>
#include <span>

namespace ranvier::codec {

/// Appends symbols.size() + events x field.bits() bits. Cost: O(elements), free of branches on the
/// data.
void put_plane(std::span<const int16_t> symbols, const SymbolField& field, BitWriter& writer);

/// Reads symbols.size() elements of which at most `most_events` are present; returns how many were.
/// Errors: RunError when more are present or a field is no symbol. The reader must hold the bits of
/// most_events.
int64_t take_plane(BitReader& reader, const SymbolField& field, int64_t most_events,
                   std::span<int16_t> symbols);

}  // namespace ranvier::codec
