#include "ranvier/train/link_loss.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/train/loss_hook.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace ranvier::train {
namespace {

using Hooks = std::vector<std::shared_ptr<LossHook>>;  // [boundaries]

/// Lossy links at the boundaries of a model while this lives.
class LossyScope {
 public:
  LossyScope(Model& model, const ir::Network& network, const Hooks& hooks) : model_(model) {
    for (auto& boundary : model.boundaries()) {
      for (size_t b = 0; b < hooks.size(); ++b) {
        if (network.boundaries[b].name == boundary->options().name) boundary->set_loss(hooks[b]);
      }
    }
    size_t cut = 0;
    for (const auto& site : model.spiking_sites()) {
      if (site->at_cut()) site->set_loss(hooks[cut++]);
    }
  }
  ~LossyScope() {
    for (auto& boundary : model_.boundaries()) boundary->set_loss(nullptr);
    for (const auto& site : model_.spiking_sites()) site->set_loss(nullptr);
  }
  LossyScope(const LossyScope&) = delete;
  LossyScope& operator=(const LossyScope&) = delete;

 private:
  Model& model_;
};

bool same_integers(const codec::BoundaryParams& a, const codec::BoundaryParams& b) {
  return a.spec == b.spec && a.channels == b.channels && a.levels == b.levels &&
         a.decode_shift == b.decode_shift && a.value_frac_bits == b.value_frac_bits;
}

/// The bundle's network is that of the weights; it has the tables of `rans` besides. Boundaries of
/// spiking networks have no integers.
void require_same(const ir::Network& bundle, const ir::Network& model) {
  const bool spikes = model.kind == ir::NetworkKind::kSnn;
  const bool same =
      std::equal(bundle.boundaries.begin(), bundle.boundaries.end(), model.boundaries.begin(),
                 model.boundaries.end(), [spikes](const ir::Boundary& a, const ir::Boundary& b) {
                   return a.name == b.name && (spikes || same_integers(a.params, b.params));
                 });
  if (same) return;
  throw core::UserError({.key = "network.json:boundaries",
                         .given = "other integers than those of weights.safetensors",
                         .allowed = "both of one training",
                         .place = {},
                         .hint = "The bundle mixes two runs; train again."});
}

/// On the links of `loss`, over the first `samples` test samples.
ir::LossScore score_on(const ir::LinkLoss& loss, Model& model, const Sets& sets,
                       const ir::Network& network, int64_t samples, double without_loss) {
  Hooks hooks;
  for (codec::LossyBoundary& boundary : ir::lossy_boundaries(loss, network)) {
    hooks.push_back(std::make_shared<LossHook>(std::move(boundary)));
  }
  const LossyScope lossy(model, network, hooks);
  ir::LossScore score{.variant = loss.variant,
                      .preset = loss.preset,
                      .metric = std::string(to_string(metric_of(sets))),
                      .samples = samples,
                      .without_loss = without_loss,
                      .with_loss = test_metric(model, sets, samples),
                      .names = {},
                      .totals = {}};
  for (size_t b = 0; b < hooks.size(); ++b) {
    score.names.push_back(network.boundaries[b].name);
    score.totals.push_back(hooks[b]->totals());
  }
  return score;
}

}  // namespace

std::vector<ir::LossScore> score_losses(Model& model, const Sets& sets, int64_t calibration_samples,
                                        const ir::Network& network,
                                        const std::vector<ir::LinkLoss>& losses, int64_t samples) {
  require_same(network, model.describe());
  const DeployedScope deployed(model, sets, calibration_samples);
  const int64_t scored = std::min(samples, sets.data.test_samples());
  const double without_loss = test_metric(model, sets, scored);
  std::vector<ir::LossScore> scores;
  for (const ir::LinkLoss& loss : losses) {
    const auto like = std::ranges::find_if(
        losses, [&](const ir::LinkLoss& other) { return ir::lose_alike(loss, other); });
    const auto first = static_cast<size_t>(like - losses.begin());
    if (first < scores.size()) {
      scores.push_back(scores[first]);
      scores.back().preset = loss.preset;
    } else {
      scores.push_back(score_on(loss, model, sets, network, scored, without_loss));
    }
  }
  return scores;
}

}  // namespace ranvier::train
