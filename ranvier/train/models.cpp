#include "ranvier/train/models.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/ir/cut_names.hpp"
#include "ranvier/train/models_internal.hpp"

#include <ATen/CPUGeneratorImpl.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ranvier::train {

namespace {

constexpr double kInitialThreshold = 1.0;
constexpr double kInitialLeak = 0.95;

}  // namespace

bool Model::is_cut(const std::string& name) const {
  const auto& cuts = spec_.network.cuts;
  return std::find(cuts.begin(), cuts.end(), name) != cuts.end();
}

/// Channels-last saves oneDNN's reorders. oneDNN 2.6 writes past its buffers for channels-last
/// convolutions of other widths than multiples of 8.
bool Model::is_channels_last() const {
  constexpr int kOneDnnBlock = 8;
  if (spec_.network.model == ModelKind::kEfficientNet) return true;  // all are
  const auto& widths = spec_.network.widths;
  return std::all_of(widths.begin(), widths.end(), [](int w) { return w % kOneDnnBlock == 0; });
}

std::shared_ptr<Site> Model::make_site(const std::string& layer, int channels,
                                       const std::string& cut) {
  const bool at_cut = !cut.empty() && is_cut(cut);
  if (is_spiking()) {
    LifLayer lif(channels, kInitialThreshold, kInitialLeak,
                 LifOptions{.surrogate = spec_.surrogate, .start_half = true});
    return std::make_shared<LifSite>(layer, lif,
                                     LifSiteOptions{.steps = spec_.steps, .at_cut = at_cut});
  }
  if (!at_cut || !spec_.has_boundaries) return std::make_shared<ReluSite>(layer);
  return make_boundary_site(layer, channels, cut, false);
}

namespace {

void check_groups(const Projection& projection, int channels, const std::string& layer) {
  const int64_t width = projection.width(channels);
  if (channels % projection.groups == 0 && width % projection.groups == 0) return;
  throw core::UserError(
      {.key = "codec",
       .given = fmt::format("a bottleneck of {} groups", projection.groups),
       .allowed = fmt::format("a divisor of {} and {}, the channels of {} and what they become",
                              channels, width, layer),
       .place = {},
       .hint = "bottleneck(ratio,kernel,stride,groups)"});
}

}  // namespace

std::shared_ptr<Site> Model::make_boundary_site(const std::string& layer, int channels,
                                                const std::string& cut, bool is_stream) const {
  const Projection& projection = spec_.bottleneck;
  const int64_t width = projection.exists() ? projection.width(channels) : channels;
  BoundaryOptions options{.name = ir::boundary_name(cut),
                          .spec = spec_.codec,
                          .channels = width,
                          .wire = spec_.wire,
                          .surrogate = spec_.surrogate};
  options.stands_for = int64_t{1} * channels * projection.pixels();
  Bottleneck bottleneck = nullptr;
  if (projection.exists()) {
    check_groups(projection, channels, layer);
    bottleneck = Bottleneck(channels, projection, is_stream);
  }
  return std::make_shared<BoundarySite>(layer, Boundary(options), bottleneck);
}

torch::Tensor Model::mean_over_steps(const torch::Tensor& logits) const {
  const int steps = spec_.time_steps();
  return steps == 1 ? logits : logits.view({steps, -1, logits.size(1)}).mean(0);
}

bool Model::has_bottleneck_at(const std::string& cut) const {
  const bool has_codec = !is_spiking() && spec_.has_boundaries;
  return has_codec && spec_.bottleneck.exists() && is_cut(cut);
}

std::shared_ptr<Site> Model::make_signed_neurons(const std::string& layer, int channels,
                                                 bool at_cut) const {
  LifLayer lif(channels, kInitialThreshold, kInitialLeak,
               LifOptions{.surrogate = spec_.surrogate, .is_signed = true, .centred = true});
  return std::make_shared<LifSite>(
      layer, lif,
      LifSiteOptions{
          .steps = spec_.steps, .at_cut = at_cut, .is_signed = true, .is_scaled = at_cut});
}

std::shared_ptr<Site> Model::make_code_site(const std::string& layer, int channels) const {
  if (!is_spiking()) return nullptr;
  return make_signed_neurons(layer, channels, false);
}

std::shared_ptr<Site> Model::make_stream_site(const std::string& layer, int channels,
                                              const std::string& cut) const {
  if (!is_cut(cut)) return nullptr;
  if (is_spiking()) return make_signed_neurons(layer, channels, true);
  return spec_.has_boundaries ? make_boundary_site(layer, channels, cut, true) : nullptr;
}

void Model::initialise() {
  torch::NoGradGuard no_grad;
  auto generator = at::detail::createCPUGenerator(spec_.seed);
  for (auto& item : named_parameters()) {
    auto& p = item.value();
    if (p.dim() == 4) {
      const double fan_in = static_cast<double>(p.numel() / p.size(0));
      p.normal_(0.0, std::sqrt(2.0 / fan_in), generator);
      if (is_channels_last()) p.set_data(p.contiguous(at::MemoryFormat::ChannelsLast));
    } else if (item.key().ends_with("bias")) {
      p.zero_();  // Torch draws it from a generator that differs from run to run
    } else if (p.dim() == 2) {
      const double bound = 1.0 / std::sqrt(static_cast<double>(p.size(1)));
      p.uniform_(-bound, bound, generator);
    }
  }
}

std::vector<std::shared_ptr<BoundarySite>> Model::boundary_sites() const {
  std::vector<std::shared_ptr<BoundarySite>> out;
  for (const auto& module : modules(false)) {
    if (const auto site = std::dynamic_pointer_cast<BoundarySite>(module)) out.push_back(site);
  }
  return out;
}

std::vector<Boundary> Model::boundaries() const {
  std::vector<Boundary> out;
  for (const auto& site : boundary_sites()) out.push_back(site->boundary());
  return out;
}

std::vector<std::shared_ptr<LifSite>> Model::spiking_sites() const {
  std::vector<std::shared_ptr<LifSite>> out;
  for (const auto& module : modules(false)) {
    if (const auto site = std::dynamic_pointer_cast<LifSite>(module)) out.push_back(site);
  }
  return out;
}

std::vector<torch::Tensor> Model::boundary_parameters() const {
  std::vector<torch::Tensor> out;
  for (const auto& boundary : boundaries()) {
    for (const auto& p : boundary->parameters()) out.push_back(p);
  }
  for (const auto& site : spiking_sites()) {
    for (const auto& p : site->lif()->parameters()) out.push_back(p);
  }
  return out;
}

std::vector<torch::Tensor> Model::network_parameters() const {
  const auto apart = boundary_parameters();
  std::vector<torch::Tensor> out;
  for (const auto& p : parameters()) {
    const auto same = [&](const torch::Tensor& other) { return other.is_same(p); };
    if (std::none_of(apart.begin(), apart.end(), same)) out.push_back(p);
  }
  return out;
}

void Model::set_arithmetic(Arithmetic arithmetic) {
  for (const auto& module : modules(false)) {
    if (const auto q = std::dynamic_pointer_cast<QuantiserImpl>(module)) {
      q->set_arithmetic(arithmetic);
    }
  }
  set_boundary_mode(arithmetic == Arithmetic::kDeployed ? BoundaryMode::kDeployed
                                                        : BoundaryMode::kTrain);
}

void Model::set_boundary_mode(BoundaryMode mode) {
  for (auto& boundary : boundaries()) boundary->set_mode(mode);
}

void Model::set_framings(const std::vector<Framing>& framings) {
  if (framings.empty()) return;
  auto all = boundaries();
  RANVIER_CONTRACT(all.size() == framings.size(), "one framing for each boundary");
  for (size_t i = 0; i < all.size(); ++i) all[i]->set_framing(framings[i]);
}

void Model::set_processes(const ProcessesPtr& processes) {
  for (const auto& module : modules(false)) {
    if (const auto sharing = std::dynamic_pointer_cast<SharesBatch>(module)) {
      sharing->set_processes(processes);
    }
  }
}

void Model::warm_start(const Model& other) {
  torch::NoGradGuard no_grad;
  const auto copy = [](auto mine, const auto& theirs) {
    for (auto& item : mine) {
      const auto* source = theirs.find(item.key());
      if (source != nullptr && source->sizes() == item.value().sizes()) {
        item.value().copy_(*source);
      }
    }
  };
  copy(named_parameters(), other.named_parameters());
  copy(named_buffers(), other.named_buffers());
}

ir::Network Model::describe() const {
  ir::Network network;
  network.name = to_string(spec_.network.model);
  network.kind = spec_.kind;
  network.steps = spec_.time_steps();
  network.layers = layers();
  const auto add = [&](const std::string& layer, const std::string& name,
                       codec::BoundaryParams params, bool is_squeezed) {
    const auto found = std::find_if(network.layers.begin(), network.layers.end(),
                                    [&](const ir::Layer& l) { return l.name == layer; });
    RANVIER_CONTRACT(found != network.layers.end(), "a site names a layer");
    ir::Boundary boundary{name, static_cast<int>(found - network.layers.begin()),
                          std::move(params)};
    if (is_squeezed) {
      boundary.activations = network.layers[static_cast<size_t>(found->input)].out.size();
    }
    network.boundaries.push_back(std::move(boundary));
  };
  for (const auto& module : modules(false)) {
    if (const auto site = std::dynamic_pointer_cast<BoundarySite>(module)) {
      const bool is_squeezed = site->has_bottleneck();
      add(is_squeezed ? squeeze_name(site->layer()) : site->layer(),
          site->boundary()->options().name, site->boundary()->params(), is_squeezed);
    } else if (const auto lif = std::dynamic_pointer_cast<LifSite>(module); lif && lif->at_cut()) {
      const auto channels = lif->lif()->log_threshold.numel();
      codec::BoundaryParams params;
      params.spec = {.kind = codec::CodecKind::kRate,
                     .bits = 1,
                     .steps = spec_.steps,
                     .is_signed = lif->is_signed()};
      params.channels.resize(static_cast<size_t>(channels));
      add(lif->layer(), "", std::move(params), false);
    }
  }
  for (size_t i = 0; i < network.boundaries.size(); ++i) {
    network.boundaries[i].name = ir::boundary_name(spec_.network.cuts[i]);
  }
  ir::validate(network, network.name);
  return network;
}

int LayerList::add_input(ir::Shape shape) {
  layers.push_back({.name = "input", .op = ir::Op::kInput, .residual = {}, .out = shape});
  return 0;
}

int LayerList::add_conv(const std::string& name, int input, int channels, int kernel, int stride) {
  const auto& in = layers[static_cast<size_t>(input)].out;
  // Centres an odd kernel; an even one covers whole patches of stride x stride.
  const int padding = (kernel - stride + 1) / 2;
  const auto side = [&](int size) { return (size + 2 * padding - kernel) / stride + 1; };
  layers.push_back({.name = name,
                    .op = ir::Op::kConv2d,
                    .input = input,
                    .residual = {},
                    .out = {channels, side(in.height), side(in.width)},
                    .kernel = kernel,
                    .stride = stride,
                    .padding = padding,
                    .weights = int64_t{1} * in.channels * channels * kernel * kernel});
  return static_cast<int>(layers.size()) - 1;
}

int LayerList::add_transposed(const std::string& name, int input, int channels, int kernel,
                              int stride) {
  const auto in = layers[static_cast<size_t>(input)].out;
  const int index = add_conv(name, input, channels, kernel, 1);
  auto& layer = layers.back();
  layer.op = ir::Op::kConvTranspose2d;
  layer.stride = stride;
  layer.padding = (kernel - stride) / 2;
  layer.out = {channels, in.height * stride, in.width * stride};
  return index;
}

int LayerList::add_depthwise(const std::string& name, int input, int kernel, int stride) {
  const int channels = layers[static_cast<size_t>(input)].out.channels;
  const int index = add_conv(name, input, channels, kernel, stride);
  split_channels(index, channels);
  return index;
}

void LayerList::split_channels(int index, int groups) {
  auto& layer = layers[static_cast<size_t>(index)];
  layer.groups = groups;
  layer.weights /= groups;
}

int LayerList::add_linear(const std::string& name, int input, int units) {
  const auto& in = layers[static_cast<size_t>(input)].out;
  layers.push_back({.name = name,
                    .op = ir::Op::kLinear,
                    .input = input,
                    .residual = {},
                    .out = {units, 1, 1},
                    .weights = in.size() * units});
  return static_cast<int>(layers.size()) - 1;
}

int LayerList::add_bottleneck(int input, Projection projection) {
  const std::string name = layers[static_cast<size_t>(input)].name;
  const auto [channels, rows, columns] = layers[static_cast<size_t>(input)].out;
  if (rows % projection.stride != 0 || columns % projection.stride != 0) {
    throw core::UserError(
        {.key = "codec",
         .given = fmt::format("a bottleneck of stride {}", projection.stride),
         .allowed = fmt::format("a divisor of {} x {}, what {} gives", rows, columns, name),
         .place = {},
         .hint = "bottleneck(ratio,kernel,stride)"});
  }
  const auto width = static_cast<int>(projection.width(channels));
  const int squeezed =
      add_conv(squeeze_name(name), input, width, projection.kernel, projection.stride);
  const int expanded = projection.stride == 1
                           ? add_conv(name + ".expand", squeezed, channels, projection.kernel, 1)
                           : add_transposed(name + ".expand", squeezed, channels, projection.kernel,
                                            projection.stride);
  for (const int index : {squeezed, expanded}) split_channels(index, projection.groups);
  return expanded;
}

int LayerList::add_pool_linear(const std::string& name, int input, int units) {
  const auto& in = layers[static_cast<size_t>(input)].out;
  layers.push_back({.name = name,
                    .op = ir::Op::kPoolLinear,
                    .input = input,
                    .residual = {},
                    .out = {units, 1, 1},
                    .weights = int64_t{1} * in.channels * units});
  return static_cast<int>(layers.size()) - 1;
}

std::shared_ptr<Model> make_model(const ModelSpec& spec) {
  switch (spec.network.model) {
    case ModelKind::kMlp:
      return make_mlp(spec);
    case ModelKind::kRwkv:
      return make_rwkv(spec);
    case ModelKind::kEfficientNet:
      return make_efficientnet(spec);
    case ModelKind::kMsResnet:
      break;
  }
  return make_msresnet(spec);
}

}  // namespace ranvier::train
