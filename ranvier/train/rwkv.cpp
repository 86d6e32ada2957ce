// RWKV v4 (Peng et al. 2023, arXiv 2305.13048) on bytes. A token's residual stream is what crosses
// a cut. Equations, kinds and initial values: docs/models/rwkv.md.

#include "ranvier/train/models_internal.hpp"
#include "ranvier/train/wkv.hpp"

#include <ATen/CPUGeneratorImpl.h>

#include <fmt/format.h>

#include <cmath>

namespace ranvier::train {

namespace {

namespace nn = torch::nn;
using torch::Tensor;

constexpr int kExpansion = 4;  // of the channel mix
constexpr int64_t kStatesPerBlock = 3;

nn::Linear make_linear(int64_t in, int64_t out) {
  return nn::Linear(nn::LinearOptions(in, out).bias(false));
}

nn::LayerNorm make_norm(int64_t width) { return nn::LayerNorm(nn::LayerNormOptions({width})); }

/// Neurons see tokens as samples: [N, L, C] -> [N L, C] and back. No site: nothing happens.
Tensor through(const std::shared_ptr<Site>& site, const Tensor& x) {
  return site ? site->forward(x.reshape({-1, x.size(-1)})).view_as(x) : x;
}

/// Every token's predecessor; `last` is the one before the first, and becomes the last. [N, C]
Tensor shift(const Tensor& x, Tensor& last) {
  const Tensor before = torch::cat({last.unsqueeze(1), x.slice(1, 0, x.size(1) - 1)}, 1);
  last = x.select(1, x.size(1) - 1).detach();
  return before;
}

/// A learned share of the token, the rest of its predecessor; in 8 bits when deployed.
class MixImpl : public nn::Module {
 public:
  explicit MixImpl(int64_t width)
      : share(register_parameter("share", torch::zeros({width}))),
        quantiser_(register_module("range", Quantiser(true))) {}
  Tensor forward(const Tensor& x, const Tensor& before) {
    return quantiser_(before + (x - before) * share);
  }
  Tensor share;

 private:
  Quantiser quantiser_;
};
TORCH_MODULE(Mix);

/// What a half block shares: norm, the spikes that its linear layers read, the shortcut.
class HalfBlock : public nn::Module {
 public:
  HalfBlock(int64_t width, std::shared_ptr<Site> spikes_in)
      : norm(register_module("norm", make_norm(width))),
        input(std::move(spikes_in)),
        stream(register_module("stream", Quantiser(true))),
        mix_key(register_module("mix_key", Mix(width))),
        mix_receptance(register_module("mix_receptance", Mix(width))),
        receptance(register_module("receptance", make_linear(width, width))) {
    if (input) register_module("input", input);
  }

  nn::LayerNorm norm;
  std::shared_ptr<Site> input;
  Quantiser stream;
  Mix mix_key, mix_receptance;
  nn::Linear receptance;
};

class TimeMix : public HalfBlock {
 public:
  TimeMix(int64_t width, std::shared_ptr<Site> spikes_in, std::shared_ptr<Site> averaged)
      : HalfBlock(width, std::move(spikes_in)),
        decay(register_parameter("decay", torch::zeros({width}))),
        bonus(register_parameter("bonus", torch::zeros({width}))),
        mix_value(register_module("mix_value", Mix(width))),
        key(register_module("key", make_linear(width, width))),
        value(register_module("value", make_linear(width, width))),
        output(register_module("output", make_linear(width, width))),
        averaged_(std::move(averaged)),
        range_(register_module("range", Quantiser(true))) {
    if (averaged_) register_module("averaged", averaged_);
  }

  Tensor forward(const Tensor& x, Tensor& last, Tensor& state) {
    const Tensor from = stream(x);
    const Tensor a = through(input, norm(from));
    const Tensor before = shift(a, last);
    const auto type = decay.scalar_type();  // exponentials of a low precision are far off
    const Tensor average =
        fused_wkv(key(mix_key(a, before)).to(type), value(mix_value(a, before)).to(type),
                  -decay.exp(), bonus, state);
    const Tensor gated = torch::sigmoid(receptance(mix_receptance(a, before))) * average;
    return from + output(range_(through(averaged_, gated)));
  }

  void fold_thresholds() {
    for (auto linear : {key, value, receptance}) {
      if (input) scale_inputs(linear->weight, *input);
    }
    if (averaged_) scale_inputs(output->weight, *averaged_);
  }

  Tensor decay, bonus;
  Mix mix_value;
  nn::Linear key, value, output;

 private:
  std::shared_ptr<Site> averaged_;
  Quantiser range_;
};

class ChannelMix : public HalfBlock {
 public:
  ChannelMix(int64_t width, std::shared_ptr<Site> spikes_in, std::shared_ptr<Site> hidden)
      : HalfBlock(width, std::move(spikes_in)),
        key(register_module("key", make_linear(width, kExpansion * width))),
        value(register_module("value", make_linear(kExpansion * width, width))),
        hidden_(register_module("hidden", std::move(hidden))) {}

  Tensor forward(const Tensor& x, Tensor& last) {
    const Tensor from = stream(x);
    const Tensor a = through(input, norm(from));
    const Tensor before = shift(a, last);
    const Tensor hidden = through(hidden_, torch::relu(key(mix_key(a, before))).square());
    return from + torch::sigmoid(receptance(mix_receptance(a, before))) * value(hidden);
  }

  void fold_thresholds() {
    for (auto linear : {key, receptance}) {
      if (input) scale_inputs(linear->weight, *input);
    }
    scale_inputs(value->weight, *hidden_);
  }

  nn::Linear key, value;

 private:
  std::shared_ptr<Site> hidden_;
};

/// One block, and the cut behind it.
struct Block {
  std::shared_ptr<TimeMix> time;
  std::shared_ptr<ChannelMix> channel;
  std::shared_ptr<Site> cut;  // none: the stream stays on the chip
};

class Rwkv : public LanguageModel {
 public:
  explicit Rwkv(ModelSpec given) : LanguageModel(std::move(given)) {
    const int64_t width = spec().network.width;
    embedding_ = register_module("embedding", nn::Embedding(spec().classes, width));
    embedding_norm_ = register_module("embedding_norm", make_norm(width));
    for (int b = 1; b <= spec().network.depth; ++b) blocks_.push_back(make_block(b));
    head_norm_ = register_module("head_norm", make_norm(width));
    head_input_ = make_code_site("head_norm", static_cast<int>(width));
    if (head_input_) register_module("head_input", head_input_);
    head_range_ = register_module("head_range", Quantiser(true));
    head_ = register_module("head", make_linear(width, spec().classes));
    start_weights();
  }

  Tensor advance(const Tensor& bytes, std::vector<Tensor>& state) override {
    const int steps = spec().time_steps();
    if (state.empty()) state = start_state(bytes.size(0) * steps);
    Tensor x = embedding_norm_(embedding_(bytes));
    if (steps > 1) x = x.repeat({steps, 1, 1});
    auto* own = state.data();
    for (const Block& block : blocks_) {
      x = block.time->forward(x, own[0], own[2]);
      x = block.channel->forward(x, own[1]);
      x = through(block.cut, x);
      own += kStatesPerBlock;
    }
    const Tensor logits = head_(head_range_(through(head_input_, head_norm_(x))));
    return mean_over_steps(logits.reshape({-1, spec().classes}));
  }

  void fold_thresholds() override {
    for (const Block& block : blocks_) {
      block.time->fold_thresholds();
      block.channel->fold_thresholds();
    }
    if (head_input_) scale_inputs(head_->weight, *head_input_);
  }

 protected:
  std::vector<ir::Layer> layers() const override {
    const int width = spec().network.width;
    LayerList list;
    int x = list.add_depthwise("norm", list.add_input({width, 1, 1}));
    give_current(list);
    for (int b = 1; b <= spec().network.depth; ++b) {
      const std::string name = fmt::format("block{}", b);
      x = add_time_layers(list, name + ".time", x, width);
      x = add_channel_layers(list, name + ".channel", x, width, is_cut(name));
      if (has_bottleneck_at(name)) x = list.add_bottleneck(x, spec().bottleneck);
      if (is_spiking() && is_cut(name)) x = add_current(list, name + ".stream", x);
    }
    if (is_spiking()) x = list.add_depthwise("head_norm", x);
    list.add_linear("head", x, spec().classes);
    return list.layers;
  }

 private:
  Block make_block(int number) {
    const int width = spec().network.width;
    const std::string name = fmt::format("block{}", number);
    Block block;
    block.time = std::make_shared<TimeMix>(width, make_code_site(name + ".time.norm", width),
                                           make_code_site(name + ".time.gated", width));
    block.channel =
        std::make_shared<ChannelMix>(width, make_code_site(name + ".channel.norm", width),
                                     make_site(name + ".channel.key", kExpansion * width, ""));
    block.cut = make_stream_site(name + ".channel.mix", width, name);
    auto module = register_module(name, std::make_shared<nn::Module>("block"));
    module->register_module("time", block.time);
    module->register_module("channel", block.channel);
    if (block.cut) module->register_module("cut", block.cut);
    return block;
  }

  std::vector<Tensor> start_state(int64_t texts) const {
    const int64_t width = spec().network.width;
    const auto options = head_->weight.options().requires_grad(false);
    std::vector<Tensor> state;
    for (size_t b = 0; b < blocks_.size(); ++b) {
      state.push_back(torch::zeros({texts, width}, options));
      state.push_back(torch::zeros({texts, width}, options));
      state.push_back(wkv_start_state(texts, width, options));
    }
    return state;
  }

  /// In a spiking network: the layer that was added last has no neurons.
  void give_current(LayerList& list) const { list.layers.back().gives_currents = is_spiking(); }

  int add_current(LayerList& list, const std::string& name, int input) const {
    const int index = list.add_depthwise(name, input);
    give_current(list);
    return index;
  }

  /// What a matrix reads: in a spiking network, the spikes of neurons behind the norm.
  int add_code(LayerList& list, const std::string& name, int x) const {
    return is_spiking() ? list.add_depthwise(name + ".norm", x) : x;
  }

  int add_projection(LayerList& list, const std::string& name, int input, int width) const {
    const int index = list.add_linear(name, input, width);
    give_current(list);
    return index;
  }

  int add_time_layers(LayerList& list, const std::string& name, int x, int width) const {
    const int code = add_code(list, name, x);
    const int key = add_projection(list, name + ".key", code, width);
    const int value = add_projection(list, name + ".value", code, width);
    const int receptance = add_projection(list, name + ".receptance", code, width);
    int average = add_current(list, name + ".wkv", key);
    list.layers.back().gate = value;
    if (is_spiking()) {  // gates multiply currents; the neurons are behind them
      average = list.add_depthwise(name + ".gated", average);
      list.layers.back().gate = receptance;
    }
    const int output = add_projection(list, name + ".output", average, width);
    if (!is_spiking()) list.layers.back().gate = receptance;
    list.layers.back().residual = x;
    return output;
  }

  int add_channel_layers(LayerList& list, const std::string& name, int x, int width,
                         bool at_cut) const {
    const int code = add_code(list, name, x);
    const int key = list.add_linear(name + ".key", code, kExpansion * width);
    const int receptance = add_projection(list, name + ".receptance", code, width);
    const int value = add_projection(list, name + ".value", key, width);
    const int mix = list.add_depthwise(name + ".mix", value);
    list.layers.back().gate = receptance;
    list.layers.back().residual = x;
    list.layers.back().gives_currents = is_spiking() && !at_cut;
    return mix;
  }

  /// The initial values of the authors' v4 code.
  void start_weights() {
    torch::NoGradGuard no_grad;
    auto generator = at::detail::createCPUGenerator(spec().seed);
    const auto spread = [&](Tensor weight, double bound) {
      weight.uniform_(-bound, bound, generator);
    };
    const double width = spec().network.width;
    spread(embedding_->weight, 1e-4);
    for (size_t b = 0; b < blocks_.size(); ++b) {
      start_block(blocks_[b], static_cast<double>(b));
      spread(blocks_[b].time->value->weight, 1.0 / std::sqrt(width));
      spread(blocks_[b].channel->key->weight, 1.0 / std::sqrt(width));
    }
    spread(head_->weight, 0.5 / std::sqrt(width));
  }

  void start_block(const Block& block, double index) const {
    const auto depth = static_cast<double>(spec().network.depth);
    const auto width = static_cast<double>(spec().network.width);
    const double rising = depth > 1 ? index / (depth - 1) : 0.0;
    const double falling = 1.0 - index / depth;
    const Tensor channel = torch::arange(spec().network.width, torch::kFloat);
    const Tensor place = channel / width;
    const Tensor share = place.pow(falling);
    auto& time = *block.time;
    time.decay.copy_((channel / std::max(width - 1, 1.0)).pow(0.7 + 1.3 * rising) * 8.0 - 5.0);
    time.bonus.copy_((torch::fmod(channel + 1, 3) - 1) * 0.5 + std::log(0.3));
    time.mix_key->share.copy_(share);
    time.mix_value->share.copy_(share + 0.3 * rising);
    time.mix_receptance->share.copy_(place.pow(0.5 * falling));
    block.channel->mix_key->share.copy_(share);
    block.channel->mix_receptance->share.copy_(share);
    for (const auto& linear : {time.key, time.receptance, time.output, block.channel->receptance,
                               block.channel->value}) {
      linear->weight.zero_();
    }
  }

  nn::Embedding embedding_{nullptr};
  nn::LayerNorm embedding_norm_{nullptr}, head_norm_{nullptr};
  std::vector<Block> blocks_;
  std::shared_ptr<Site> head_input_;
  Quantiser head_range_{nullptr};
  nn::Linear head_{nullptr};
};

}  // namespace

std::shared_ptr<Model> make_rwkv(const ModelSpec& spec) { return std::make_shared<Rwkv>(spec); }

}  // namespace ranvier::train
