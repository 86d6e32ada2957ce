// auto: the cheapest format on the link, frame by frame; the header names the choice.

#include "ranvier/codec/registry.hpp"
#include "ranvier/codec/wire_fields.hpp"
#include "ranvier/core/error.hpp"

#include <optional>
#include <vector>

namespace ranvier::codec {
namespace {

class AutoFormat final : public WireFormat {
 public:
  AutoFormat(const CodecSpec& codec, const WireLayout& layout) : fields_(codec, layout) {
    for (const WireEntry& entry : wire_table()) {
      if (entry.carries(codec)) choices_.push_back({entry.kind, entry.make(codec, layout)});
    }
  }

  WireSize size(const Frame& frame) const override { return cheapest(frame).second; }

  WireFrame encode(const Frame& frame) const override {
    return cheapest(frame).first->encode(frame);
  }

  Frame decode(const WireFrame& wire, int elements) const override {
    const WireKind kind = first_header(wire, fields_).kind;
    for (const Choice& choice : choices_) {
      if (choice.kind == kind) return choice.format->decode(wire, elements);
    }
    throw core::RunError("wire: the header names a format that cannot carry this codec");
  }

  std::optional<Frame> salvage(const WireFrame& wire, int elements,
                               int64_t missing) const override {
    try {
      const WireKind kind = first_header(wire, fields_).kind;
      for (const Choice& choice : choices_) {
        if (choice.kind == kind) return choice.format->salvage(wire, elements, missing);
      }
    } catch (const core::RunError&) {  // no header
    }
    return std::nullopt;
  }

 private:
  struct Choice {
    WireKind kind;
    std::unique_ptr<WireFormat> format;
  };

  /// First in the order of the table among equals.
  std::pair<const WireFormat*, WireSize> cheapest(const Frame& frame) const {
    std::pair<const WireFormat*, WireSize> best{nullptr, {}};
    for (const Choice& choice : choices_) {
      const WireSize size = choice.format->size(frame);
      const bool better = best.first == nullptr ||
                          link_bits(size, fields_.layout) < link_bits(best.second, fields_.layout);
      if (better) best = {choice.format.get(), size};
    }
    return best;
  }

  WireFields fields_;
  std::vector<Choice> choices_;
};

}  // namespace

std::unique_ptr<WireFormat> make_auto_format(const CodecSpec& codec, const WireLayout& layout) {
  return std::make_unique<AutoFormat>(codec, layout);
}

}  // namespace ranvier::codec
