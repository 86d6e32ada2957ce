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
  AutoFormat(const BoundaryParams& params, const WireLayout& layout)
      : fields_(params.spec, layout) {
    for (const WireEntry& entry : wire_table()) {
      const bool has_tables = entry.kind != WireKind::kRans || params.entropy.has_value();
      if (entry.carries(params.spec) && has_tables) {
        choices_.push_back({entry.kind, entry.make(params, layout)});
      }
    }
  }

  using WireFormat::decode;
  using WireFormat::encode;
  using WireFormat::size;

  WireSize size(const Frame& frame, std::span<const uint32_t> places) const override {
    return cheapest(frame, places).second;
  }

  WireFrame encode(const Frame& frame, std::span<const uint32_t> places) const override {
    return cheapest(frame, places).first->encode(frame, places);
  }

  Frame decode(const WireFrame& wire, int elements,
               std::span<const uint32_t> places) const override {
    const WireKind kind = first_name(wire, fields_);
    for (const Choice& choice : choices_) {
      if (choice.kind == kind) return choice.format->decode(wire, elements, places);
    }
    throw core::RunError("wire: the header names a format that cannot carry this codec");
  }

  std::optional<Frame> salvage(const WireFrame& wire, int elements,
                               std::span<const uint32_t> places, int64_t missing) const override {
    try {
      const WireKind kind = first_header(wire, fields_).kind;
      for (const Choice& choice : choices_) {
        if (choice.kind == kind) return choice.format->salvage(wire, elements, places, missing);
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
  std::pair<const WireFormat*, WireSize> cheapest(const Frame& frame,
                                                  std::span<const uint32_t> places) const {
    std::pair<const WireFormat*, WireSize> best{nullptr, {}};
    for (const Choice& choice : choices_) {
      const WireSize size = choice.format->size(frame, places);
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

std::unique_ptr<WireFormat> make_auto_format(const BoundaryParams& params,
                                             const WireLayout& layout) {
  return std::make_unique<AutoFormat>(params, layout);
}

}  // namespace ranvier::codec
