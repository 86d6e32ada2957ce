// What weights depend on, as text: equal text, equal weights.

#include "ranvier/ir/cut_names.hpp"
#include "ranvier/train/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ranvier::train {

namespace {

std::string text_of(const OptimSettings& o) {
  return fmt::format(
      "epochs {} batch {} optimizer {} schedule {} rate {} momentum {} decay {} warmup {} "
      "smoothing {}{}",
      o.epochs, o.batch, static_cast<int>(o.optimizer), static_cast<int>(o.schedule),
      o.learning_rate, o.momentum, o.weight_decay, o.warmup, o.label_smoothing,
      o.is_mixed ? " mixed" : "");  // float32: signatures stay as they were
}

/// Nothing for bits and events, whose signatures stay as they were.
std::string price_text(const VariantSettings& v) {
  if (v.price == TrafficPrice::kBits) return "";
  return fmt::format("; price {} nj {} ns {}", to_string(v.price), v.energy_nj.value_or(-1),
                     v.latency_ns.value_or(-1));
}

/// What some families are described by; nothing for the others, whose signatures stay as they were.
std::string family_text(const NetworkSettings& network) {
  if (network.model == ModelKind::kRwkv) {
    return fmt::format("depth {} width {} context {}; ", network.depth, network.width,
                       network.context);
  }
  if (network.model == ModelKind::kEfficientNet) {
    return fmt::format("scale {} width x {} depth x {} stem stride {}; ", network.scale,
                       network.width_factor, network.depth_factor, network.stem_stride);
  }
  return "";
}

}  // namespace

std::string_view to_string(TrafficPrice price) {
  switch (price) {
    case TrafficPrice::kEnergy:
      return "energy";
    case TrafficPrice::kLatency:
      return "latency";
    case TrafficPrice::kBits:
      break;
  }
  return "bits";
}

std::string_view to_string(ModelKind kind) {
  switch (kind) {
    case ModelKind::kMlp:
      return "mlp";
    case ModelKind::kRwkv:
      return "rwkv";
    case ModelKind::kEfficientNet:
      return "efficientnet";
    case ModelKind::kMsResnet:
      break;
  }
  return "msresnet";
}

std::string Settings::dense_signature() const {
  return fmt::format(
      "seed {} data {} content {:016x} samples {}/{} size {} augment {} model {} widths {} blocks "
      "{} hidden {}; {}"
      "{}",
      seed, to_string(data.kind), data_hash, data.train_samples.value_or(-1),
      data.test_samples.value_or(-1), data.image_size, augment, static_cast<int>(network.model),
      fmt::join(network.widths, ","), fmt::join(network.blocks, ","),
      fmt::join(network.hidden, ","), family_text(network), text_of(train));
}

std::string Settings::reference_signature() const {
  return fmt::format("{}; {} distill {} at {}", dense_signature(), text_of(finetune.optim),
                     finetune.distill, finetune.distill_temperature);
}

std::string Settings::signature_of(const VariantSettings& v) const {
  OptimSettings optim = finetune.optim;
  optim.epochs = v.epochs;
  optim.batch = v.batch;
  optim.learning_rate = v.learning_rate;
  return fmt::format(
      "{}; cuts {} {} {}{} wire {} objective {} lambda {} events {} bits {} surrogate {} steps {}; "
      "{} "
      "boundary rate {} distill {} at {} calibration {}{}{}",
      dense_signature(), fmt::join(network.cuts, ","), ir::to_string(v.kind),
      ir::bottleneck_prefix(v.bottleneck.ratio, v.bottleneck.kernel, v.bottleneck.stride,
                            v.bottleneck.groups),
      codec::to_string(v.codec), v.objective == ObjectiveKind::kNone ? "any" : to_string(v.wire),
      static_cast<int>(v.objective), v.lambda, v.events_per_neuron.value_or(-1),
      v.bits_per_activation.value_or(-1), to_string(v.surrogate), v.steps, text_of(optim),
      finetune.boundary_learning_rate, v.distill, finetune.distill_temperature,
      finetune.calibration_samples,
      v.has_finetuned_teacher ? "; teacher " + reference_signature() : "", price_text(v));
}

}  // namespace ranvier::train
