#include "ranvier/shapes/layer_list.hpp"
#include "ranvier/shapes/networks.hpp"

#include <fmt/format.h>

namespace ranvier::shapes {

Architecture msresnet(const std::vector<int>& widths, const std::vector<int>& blocks,
                      ir::Shape image, int classes) {
  LayerList list(image);
  Architecture result{"msresnet", {}, {}};
  int from = list.conv("stem", 0, widths.front(), 3, 1);
  for (size_t s = 0; s < widths.size(); ++s) {
    const int width = widths[s];
    for (int b = 0; b < blocks[s]; ++b) {
      const std::string name = fmt::format("stage{}.block{}", s + 1, b + 1);
      const int stride = s > 0 && b == 0 ? 2 : 1;
      const bool projects = stride != 1 || list.shape(from).channels != width;
      const int conv1 = list.conv(name + ".conv1", from, width, 3, stride);
      const int shortcut =
          projects ? list.conv(name + ".projection", from, width, 1, stride) : from;
      from = list.conv(name + ".conv2", conv1, width, 3, 1);
      list.add_residual(shortcut);
    }
    result.cuts.push_back({fmt::format("stage{}", s + 1), from});
  }
  list.pool_linear("head", from, classes);
  result.layers = list.take();
  return result;
}

}  // namespace ranvier::shapes
