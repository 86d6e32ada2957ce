#include "ranvier/shapes/settings.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace ranvier::shapes {
namespace {

using config::Field;
using config::Kind;
using config::Values;

constexpr auto kFields = std::to_array<Field>({
    {.key = "shapes.model",
     .kind = Kind::kChoice,
     .fallback = "",
     .allowed = "msresnet|efficientnet|rwkv",
     .doc = "A network without weights in place of a trained one: its activity is assumed, it has "
            "no accuracy; of data, network, train and finetune nothing is used then"},
    {.key = "shapes.image_size",
     .kind = Kind::kInteger,
     .fallback = "32",
     .minimum = 8,
     .maximum = 1024,
     .unit = "pixels",
     .doc = "Side of the image, three channels (msresnet, efficientnet)"},
    {.key = "shapes.classes",
     .kind = Kind::kInteger,
     .fallback = "10",
     .minimum = 1,
     .maximum = 65536,
     .doc = "Outputs of the head; rwkv: symbols"},
    {.key = "shapes.widths",
     .kind = Kind::kIntegers,
     .fallback = "[64, 128, 256, 512]",
     .minimum = 1,
     .maximum = 4096,
     .doc = "Channels of each stage (msresnet); the default is the width of ResNet-18",
     .source = "He et al. 2016, arXiv 1603.05027"},
    {.key = "shapes.blocks",
     .kind = Kind::kIntegers,
     .fallback = "[2, 2, 2, 2]",
     .minimum = 1,
     .maximum = 64,
     .doc = "Residual blocks of each stage (msresnet)"},
    {.key = "shapes.scale",
     .kind = Kind::kChoice,
     .fallback = "b0",
     .allowed = "b0|b1|b2|b3|b4",
     .doc = "Which EfficientNet; the image stays at shapes.image_size"},
    {.key = "shapes.depth",
     .kind = Kind::kInteger,
     .fallback = "12",
     .minimum = 1,
     .maximum = 256,
     .doc = "Blocks (rwkv)"},
    {.key = "shapes.width",
     .kind = Kind::kInteger,
     .fallback = "768",
     .minimum = 1,
     .maximum = 16384,
     .doc = "Channels (rwkv)"},
    {.key = "shapes.cuts",
     .kind = Kind::kTexts,
     .fallback = "[]",
     .doc = "Chip cuts after stages (stage1, ...; rwkv: block1, ...), one chip between two; none: "
            "chips are filled by capacity and a layer may lie on several"},
    {.key = "shapes.events_per_neuron",
     .fallback = "0.3",
     .minimum = 0,
     .maximum = 64,
     .doc = "Assumed events of a boundary neuron, unless the variant has its own number"},
    {.key = "shapes.nonzero_share",
     .fallback = "0.6",
     .minimum = 0,
     .maximum = 1,
     .doc = "Assumed share of values that are not 0 at a boundary with a dense codec; only wire "
            "formats that skip or compress zeros see it",
     .source = "0.57 (int4) and 0.60 (int8) of the values behind a ReLU, measured on a CIFAR-100 "
               "ResNet; 0.81 and 0.98 of a residual stream with signs"},
    {.key = "shapes.level_share",
     .fallback = "0.15",
     .minimum = 0,
     .maximum = 0.5,
     .doc = "Assumed level of an event: (mean - 1) / (highest - 1); 0.5: all alike. Only the "
            "format rans and the events of rate(T) depend on it",
     .source = "0.14 to 0.16: entropies measured with int4, int8, graded(2) and graded(4) on a "
               "CIFAR-100 ResNet, docs/models/shapes.md"},
    {.key = "shapes.spikes_per_step",
     .fallback = "0.1",
     .minimum = 0,
     .maximum = 1,
     .doc = "Assumed spikes of every neuron of an snn in one time step"},
    {.key = "shapes.samples",
     .kind = Kind::kInteger,
     .fallback = "1",
     .minimum = 1,
     .maximum = 1024,
     .doc = "Samples of assumed activity"},
});

std::vector<int> ints(const Values& values, std::string_view key) {
  std::vector<int> out;
  for (const int64_t v : values.integers(key)) out.push_back(static_cast<int>(v));
  return out;
}

Architecture parse_architecture(const Values& values) {
  const auto number = [&](const char* key) { return static_cast<int>(values.integer(key)); };
  const std::string& model = values.text("shapes.model");
  const int size = number("shapes.image_size");
  const int classes = number("shapes.classes");
  if (model == "rwkv") return rwkv(number("shapes.depth"), number("shapes.width"), classes);
  if (model == "efficientnet") {
    return efficientnet(values.text("shapes.scale").back() - '0', {3, size, size}, classes);
  }
  const auto widths = ints(values, "shapes.widths");
  const auto blocks = ints(values, "shapes.blocks");
  if (widths.empty()) values.refuse("shapes.widths", "at least one stage");
  if (blocks.size() != widths.size()) {
    values.refuse("shapes.blocks",
                  fmt::format("one number for each of the {} shapes.widths", widths.size()));
  }
  return msresnet(widths, blocks, {3, size, size}, classes);
}

std::vector<Cut> parse_cuts(const Values& values, const Architecture& architecture) {
  const auto asked = values.texts("shapes.cuts");
  std::vector<std::string> names;
  // A chip needs a layer behind the cut, and the head is no stage.
  for (const Cut& cut : architecture.cuts) names.push_back(cut.name);
  for (const std::string& name : asked) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      const std::string nearest = core::nearest_name(name, names);
      values.refuse("shapes.cuts", fmt::format("some of {}", fmt::join(names, ", ")),
                    nearest.empty() ? "" : "Did you mean " + nearest + "?");
    }
    if (std::count(asked.begin(), asked.end(), name) > 1) {
      values.refuse("shapes.cuts", "each cut once");
    }
  }
  std::vector<Cut> cuts;
  for (const Cut& cut : architecture.cuts) {
    if (std::find(asked.begin(), asked.end(), cut.name) != asked.end()) cuts.push_back(cut);
  }
  return cuts;
}

}  // namespace

std::span<const Field> shapes_schema() { return kFields; }

bool is_requested(const Values& values) { return values.has("shapes.model"); }

Settings parse_settings(const Values& values) {
  Settings settings;
  settings.architecture = parse_architecture(values);
  if (values.text("shapes.model") == "rwkv") settings.metric = "bits_per_byte";
  settings.cuts = parse_cuts(values, settings.architecture);
  settings.assumption.events_per_neuron = values.real("shapes.events_per_neuron");
  settings.assumption.nonzero_share = values.real("shapes.nonzero_share");
  settings.assumption.level_share = values.real("shapes.level_share");
  settings.assumption.spikes_per_step = values.real("shapes.spikes_per_step");
  settings.assumption.samples = static_cast<int>(values.integer("shapes.samples"));
  settings.seed = static_cast<uint64_t>(values.integer("seed"));
  return settings;
}

}  // namespace ranvier::shapes
