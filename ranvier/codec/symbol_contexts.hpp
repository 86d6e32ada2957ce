#pragma once
// Which row of the tables a symbol is coded with: from symbols that the decoder has already.
// Private to codec/.

#include "ranvier/codec/codec.hpp"
#include "ranvier/codec/entropy.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ranvier::codec {

/// Index of a symbol in its row: 0, 1, 2, ...; signed: 0, +1, -1, +2, ...
constexpr int entry_of(int32_t symbol, bool is_signed) {
  if (!is_signed) return symbol;
  return symbol > 0 ? 2 * symbol - 1 : -2 * symbol;
}
constexpr int32_t symbol_of(int entry, bool is_signed) {
  if (!is_signed) return entry;
  return entry % 2 == 1 ? (entry + 1) / 2 : -(entry / 2);
}

/// Geometry of one frame: channel and earlier neighbours of every element.
class SymbolContexts {
 public:
  /// Errors: ContractViolation unless places ascend, stay inside the tensor, and are as many as the
  /// elements. Cost: O(elements).
  SymbolContexts(int elements, std::span<const uint32_t> places, int channels, int height,
                 int width);

  /// Row of the element at `step`: channel x contexts + context. `symbols` [steps][elements] must
  /// hold all symbols before it.
  size_t row(const int16_t* symbols, int step, int element, int contexts) const {
    const Neighbours& near = neighbours_[static_cast<size_t>(element)];
    const int16_t* plane = symbols + static_cast<size_t>(step) * neighbours_.size();
    int context = 0;
    if (near.left >= 0 || near.up >= 0) {
      // A missing neighbour is taken to be like the other one.
      const bool left = plane[near.left >= 0 ? near.left : near.up] != 0;
      const bool up = plane[near.up >= 0 ? near.up : near.left] != 0;
      context = 1 + (left ? 1 : 0) + (up ? 2 : 0);
    }
    if (contexts > kNeighbourContexts && step > 0) {
      const bool before = (plane - neighbours_.size())[element] != 0;
      context += kNeighbourContexts * (before ? 2 : 1);
    }
    return near.channel * static_cast<size_t>(contexts) + static_cast<size_t>(context);
  }

 private:
  struct Neighbours {
    int32_t left = -1;  // element before in the same row of the tensor, if the frame holds it
    int32_t up = -1;    // element above in the same channel, if the frame holds it
    uint32_t channel = 0;
  };
  std::vector<Neighbours> neighbours_;
};

}  // namespace ranvier::codec
