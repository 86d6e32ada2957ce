// rans: one packet per frame; route, format, then all symbols as one number, coded with the learned
// frequencies of their channel and context.

#include "ranvier/codec/rans_coder.hpp"
#include "ranvier/codec/registry.hpp"
#include "ranvier/codec/symbol_contexts.hpp"
#include "ranvier/codec/wire_fields.hpp"
#include "ranvier/core/error.hpp"

#include <algorithm>

namespace ranvier::codec {
namespace {

/// Counts what a BitWriter would write.
struct BitCount {
  int64_t bits = 0;
  void put(uint64_t, int moved) { bits += moved; }
};

class RansFormat final : public WireFormat {
 public:
  RansFormat(const BoundaryParams& params, const WireLayout& layout)
      : fields_(params.spec, layout),
        tables_(*params.entropy),
        channels_(static_cast<int>(params.channels.size())),
        entries_(static_cast<size_t>(entropy_entries(params.spec))),
        begin_(tables_.frequency.size()) {
    const int symbols = 1 + (fields_.spec.is_signed ? 2 : 1) * fields_.symbol.highest();
    has_escape_ = symbols > kMostDirect + 1;
    for (size_t first = 0; first < begin_.size(); first += entries_) {
      uint32_t sum = 0;
      for (size_t i = first; i < first + entries_; ++i) {
        begin_[i] = static_cast<uint16_t>(sum);
        sum += tables_.frequency[i];
      }
    }
  }

  using WireFormat::decode;
  using WireFormat::encode;
  using WireFormat::size;

  WireSize size(const Frame& frame, std::span<const uint32_t> places) const override {
    BitCount count;
    put_message(count, frame, places);
    const int64_t bits = fields_.packet_bits(fields_.name_bits() + count.bits);
    return {WireKind::kRans, 1, std::max<int64_t>(1, fields_.flits(bits)), bits};
  }

  WireFrame encode(const Frame& frame, std::span<const uint32_t> places) const override {
    fields_.require_frame(frame);
    const WireSize due = size(frame, places);
    Packet packet = blank_packet(fields_, due.bits);
    BitWriter writer(packet.bytes.data());
    put_name(writer, fields_, WireKind::kRans);
    put_message(writer, frame, places);
    RANVIER_CONTRACT(writer.position() <= due.bits, "a packet is as long as its size says");
    writer.put_zeros(due.bits - writer.position());
    trim(packet);
    WireFrame wire{WireKind::kRans, {}};
    wire.packets.push_back(std::move(packet));
    return wire;
  }

  Frame decode(const WireFrame& wire, int elements,
               std::span<const uint32_t> places) const override {
    fields_.require_elements(elements);
    if (first_name(wire, fields_) != WireKind::kRans) {
      throw core::RunError("wire: the frame has another format");
    }
    if (wire.packets.size() != 1) throw core::RunError("wire: one packet is due");
    const Packet& packet = wire.packets.front();
    const auto bits = static_cast<int64_t>(packet.bytes.size()) * 8;
    const BitReader reader(packet.bytes, bits);
    const int64_t end = message_end(reader, bits);
    require_packet_size(packet, fields_, end);
    RansDecoder decoder(reader, fields_.name_bits(), end);
    Frame frame{fields_.spec.steps, elements, {}};
    frame.symbols.resize(static_cast<size_t>(frame.steps) * static_cast<size_t>(elements));
    const SymbolContexts contexts(elements, places, channels_, tables_.height, tables_.width);
    int16_t* symbol = frame.symbols.data();
    for (int step = 0; step < frame.steps; ++step) {
      for (int e = 0; e < elements; ++e, ++symbol) {
        *symbol = take(decoder, contexts.row(frame.symbols.data(), step, e, tables_.contexts));
      }
    }
    if (!decoder.is_done()) throw core::RunError("wire: bits that belong to no symbol");
    return frame;
  }

 private:
  Slice slice(size_t row, size_t entry) const {
    const size_t at = row * entries_ + entry;
    return {begin_[at], tables_.frequency[at]};
  }

  template <class Sink>
  void put_message(Sink& sink, const Frame& frame, std::span<const uint32_t> places) const {
    const SymbolContexts contexts(frame.elements, places, channels_, tables_.height, tables_.width);
    RansEncoder<Sink> encoder(sink);
    const int16_t* symbols = frame.symbols.data();
    for (int step = frame.steps - 1; step >= 0; --step) {
      for (int e = frame.elements - 1; e >= 0; --e) {
        const size_t row = contexts.row(symbols, step, e, tables_.contexts);
        put(encoder, row, symbols[static_cast<int64_t>(step) * frame.elements + e]);
      }
    }
    encoder.finish();
  }

  /// Symbols are coded last to first: an escape stands behind the raw index that it announces.
  template <class Sink>
  void put(RansEncoder<Sink>& encoder, size_t row, int16_t symbol) const {
    auto entry = static_cast<size_t>(entry_of(symbol, fields_.spec.is_signed));
    if (has_escape_ && entry >= entries_ - 1) {
      encoder.put({static_cast<uint32_t>(entry), 1}, kRawBits);
      entry = entries_ - 1;
    }
    encoder.put(slice(row, entry), kEntropyBits);
  }

  int16_t take(RansDecoder& decoder, size_t row) const {
    const uint16_t* begin = begin_.data() + row * entries_;
    const uint32_t at = decoder.peek(kEntropyBits);
    auto entry = static_cast<size_t>(std::upper_bound(begin, begin + entries_, at) - begin) - 1;
    decoder.take(slice(row, entry), kEntropyBits);
    if (has_escape_ && entry == entries_ - 1) {
      entry = decoder.peek(kRawBits);
      decoder.take({static_cast<uint32_t>(entry), 1}, kRawBits);
      if (entry < entries_ - 1) throw core::RunError("wire: an escaped symbol that needs none");
    }
    const int32_t symbol = symbol_of(static_cast<int>(entry), fields_.spec.is_signed);
    if (symbol < fields_.symbol.lowest() || symbol > fields_.symbol.highest()) {
      throw core::RunError("wire: a symbol that this codec does not have");
    }
    return static_cast<int16_t>(symbol);
  }

  /// Behind the highest one of the packet, which ends the message.
  int64_t message_end(const BitReader& reader, int64_t bits) const {
    for (int64_t at = bits - 1; at >= fields_.name_bits(); --at) {
      if ((reader.peek(at) & 1) != 0) return at + 1;
    }
    throw core::RunError("wire: a packet without a message");
  }

  static constexpr int kRawBits = 16;  // of an escaped symbol's index

  WireFields fields_;
  EntropyTables tables_;
  int channels_;
  size_t entries_;
  bool has_escape_ = false;
  std::vector<uint16_t> begin_;  // sum of the frequencies before each entry of its row
};

}  // namespace

std::unique_ptr<WireFormat> make_rans_format(const BoundaryParams& params,
                                             const WireLayout& layout) {
  return std::make_unique<RansFormat>(params, layout);
}

}  // namespace ranvier::codec
