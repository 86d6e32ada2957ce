#include "ranvier/train/settings.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace ranvier::train {

namespace {

using config::Values;

std::vector<int> ints(const Values& values, std::string_view key) {
  std::vector<int> out;
  for (const int64_t v : values.integers(key)) out.push_back(static_cast<int>(v));
  return out;
}

std::optional<double> optional_real(const Values& values, const std::string& key) {
  if (!values.has(key)) return std::nullopt;
  return values.real(key);
}

std::optional<int64_t> optional_integer(const Values& values, const std::string& key) {
  if (!values.has(key)) return std::nullopt;
  return values.integer(key);
}

DataSpec parse_data(const Values& values, uint64_t seed) {
  DataSpec data;
  data.kind = parse_data_kind(values.text("data.kind"), "data.kind");
  if (values.has("data.path")) {
    data.path = values.text("data.path");
    data.place = values.origin("data.path").place;
  }
  data.train_samples = optional_integer(values, "data.train_samples");
  data.test_samples = optional_integer(values, "data.test_samples");
  data.image_size = static_cast<int>(values.integer("data.image_size"));
  if (values.has("data.test_path")) data.test_path = values.text("data.test_path");
  data.test_fraction = values.real("data.test_fraction");
  data.central_fraction = values.real("data.central_fraction");
  data.least_area = values.real("data.least_area");
  data.context = static_cast<int>(values.integer("network.context"));
  data.seed = seed;
  return data;
}

void check_cuts(const Values& values, NetworkSettings& network) {
  const auto allowed = allowed_cuts(network);
  std::vector<size_t> order;
  for (const auto& cut : network.cuts) {
    const auto found = std::find(allowed.begin(), allowed.end(), cut);
    if (found == allowed.end()) {
      const auto nearest = core::nearest_name(cut, allowed);
      throw core::UserError({.key = "network.cuts",
                             .given = cut,
                             .allowed = fmt::format("some of {}", fmt::join(allowed, ", ")),
                             .place = values.origin("network.cuts").place,
                             .hint = nearest.empty() ? "" : "Did you mean " + nearest + "?"});
    }
    order.push_back(static_cast<size_t>(found - allowed.begin()));
  }
  std::sort(order.begin(), order.end());
  if (std::adjacent_find(order.begin(), order.end()) != order.end()) {
    values.refuse("network.cuts", "each cut once");
  }
  network.cuts.clear();
  for (const size_t index : order) network.cuts.push_back(allowed[index]);
}

NetworkSettings parse_network(const Values& values) {
  NetworkSettings network;
  for (const auto kind : {ModelKind::kMlp, ModelKind::kRwkv, ModelKind::kEfficientNet}) {
    if (values.text("network.model") == to_string(kind)) network.model = kind;
  }
  network.widths = ints(values, "network.widths");
  network.blocks = ints(values, "network.blocks");
  network.hidden = ints(values, "network.hidden");
  network.depth = static_cast<int>(values.integer("network.depth"));
  network.width = static_cast<int>(values.integer("network.width"));
  network.context = static_cast<int>(values.integer("network.context"));
  network.scale = static_cast<int>(values.integer("network.scale"));
  network.width_factor = values.real("network.width_factor");
  network.depth_factor = values.real("network.depth_factor");
  network.stem_stride = static_cast<int>(values.integer("network.stem_stride"));
  network.cuts = values.texts("network.cuts");
  if (network.model == ModelKind::kMsResnet) {
    if (network.widths.empty()) values.refuse("network.widths", "at least one stage");
    if (network.blocks.size() != network.widths.size()) {
      values.refuse("network.blocks", fmt::format("one number for each of the {} network.widths",
                                                  network.widths.size()));
    }
  } else if (network.model == ModelKind::kMlp && network.hidden.empty()) {
    values.refuse("network.hidden", "at least one layer");
  }
  check_cuts(values, network);
  return network;
}

/// Images for networks that look at images, a text for those that read.
void check_data(const Values& values, const Settings& settings) {
  const bool is_text =
      settings.data.kind == DataKind::kText || settings.data.kind == DataKind::kProceduralText;
  const bool reads = settings.network.model == ModelKind::kRwkv;
  if (reads && !is_text) values.refuse("data.kind", "text or procedural_text for model rwkv");
  if (!reads && is_text) values.refuse("network.model", "rwkv for a text");
  if (is_text && settings.augment) values.refuse("data.augment", "none for a text");
  const bool is_folder = settings.data.kind == DataKind::kImageFolder;
  if (settings.augment && is_folder != (values.text("data.augment") == "resized_crop_flip")) {
    values.refuse("data.augment", is_folder ? "none or resized_crop_flip for an image_folder"
                                            : "none or crop_flip, unless kind is image_folder");
  }
  if (settings.data.kind == DataKind::kText && settings.data.path.empty()) {
    values.refuse("data.kind", "text together with data.path, the file to learn from");
  }
}

OptimSettings parse_train(const Values& values) {
  OptimSettings out;
  out.epochs = static_cast<int>(values.integer("train.epochs"));
  out.batch = static_cast<int>(values.integer("train.batch"));
  out.optimizer =
      values.text("train.optimizer") == "adamw" ? OptimizerKind::kAdamW : OptimizerKind::kSgd;
  out.schedule =
      values.text("train.schedule") == "cosine" ? ScheduleKind::kCosine : ScheduleKind::kOneCycle;
  out.learning_rate = values.real("train.learning_rate");
  out.momentum = values.real("train.momentum");
  out.weight_decay = values.real("train.weight_decay");
  out.warmup = values.real("train.warmup");
  out.label_smoothing = values.real("train.label_smoothing");
  out.is_mixed = values.text("train.precision") == "mixed";
  return out;
}

FinetuneSettings parse_finetune(const Values& values, const OptimSettings& train) {
  FinetuneSettings out;
  out.optim = train;
  out.optim.schedule = ScheduleKind::kCosine;
  out.optim.epochs = static_cast<int>(values.integer("finetune.epochs"));
  out.optim.learning_rate = values.real("finetune.learning_rate");
  out.optim.warmup = values.real("finetune.warmup");
  out.boundary_learning_rate = values.real("finetune.boundary_learning_rate");
  out.distill = values.real("finetune.distill");
  out.distill_temperature = values.real("finetune.distill_temperature");
  out.calibration_samples = static_cast<int>(values.integer("finetune.calibration_samples"));
  return out;
}

/// The keys that hold budgets, and what they need.
struct BudgetKey {
  std::string_view key;
  TrafficPrice price;
  std::optional<double> VariantSettings::*value;
};

constexpr auto kBudgets = std::to_array<BudgetKey>({
    {"events_per_neuron", TrafficPrice::kBits, &VariantSettings::events_per_neuron},
    {"bits_per_activation", TrafficPrice::kBits, &VariantSettings::bits_per_activation},
    {"energy_nj", TrafficPrice::kEnergy, &VariantSettings::energy_nj},
    {"latency_ns", TrafficPrice::kLatency, &VariantSettings::latency_ns},
});

/// energy and latency: with one of lambda and a budget.
void parse_priced_objective(const Values& values, const std::string& prefix,
                            VariantSettings& variant) {
  const bool is_energy = variant.price == TrafficPrice::kEnergy;
  const std::string budget = prefix + (is_energy ? "energy_nj" : "latency_ns");
  const bool has_lambda = values.has(prefix + "lambda");
  if (has_lambda == values.has(budget)) {
    values.refuse(prefix + "objective",
                  fmt::format("{} together with exactly one of lambda, {}",
                              to_string(variant.price), is_energy ? "energy_nj" : "latency_ns"));
  }
  variant.objective = has_lambda ? ObjectiveKind::kLambda : ObjectiveKind::kBudget;
}

/// Checks that the objective has what it needs and nothing that it would ignore.
void check_objective(const Values& values, const std::string& prefix, VariantSettings& variant) {
  const auto& text = values.text(prefix + "objective");
  variant.price = text == "energy"    ? TrafficPrice::kEnergy
                  : text == "latency" ? TrafficPrice::kLatency
                                      : TrafficPrice::kBits;
  variant.objective = text == "lambda"   ? ObjectiveKind::kLambda
                      : text == "budget" ? ObjectiveKind::kBudget
                                         : ObjectiveKind::kNone;
  const bool has_lambda = values.has(prefix + "lambda");
  if (variant.price != TrafficPrice::kBits) parse_priced_objective(values, prefix, variant);
  if (variant.objective == ObjectiveKind::kLambda && !has_lambda) {
    values.refuse(prefix + "objective", "lambda together with a value of 'lambda'");
  }
  if (variant.objective != ObjectiveKind::kLambda && has_lambda) {
    values.refuse(prefix + "lambda", "nothing, unless objective is lambda, energy or latency");
  }
  int budgets = 0;
  for (const BudgetKey& budget : kBudgets) {
    const std::string key = prefix + std::string(budget.key);
    if (!values.has(key)) continue;
    if (variant.objective != ObjectiveKind::kBudget || budget.price != variant.price) {
      values.refuse(
          key,
          fmt::format("nothing, unless objective is {}",
                      budget.price == TrafficPrice::kBits ? "budget" : to_string(budget.price)));
    }
    variant.*budget.value = values.real(key);
    ++budgets;
  }
  if (variant.objective == ObjectiveKind::kBudget && budgets != 1) {
    values.refuse(prefix + "objective",
                  "budget together with exactly one of events_per_neuron, bits_per_activation");
  }
  if (variant.price == TrafficPrice::kBits && values.has(prefix + "preset")) {
    values.refuse(prefix + "preset", "nothing, unless objective is energy or latency");
  }
  if (has_lambda) variant.lambda = values.real(prefix + "lambda");
}

void check_kind(const Values& values, const std::string& prefix, const VariantSettings& variant) {
  const bool is_dense = variant.codec.kind == codec::CodecKind::kDense;
  if (variant.kind == ir::NetworkKind::kAnn && !is_dense) {
    values.refuse(prefix + "codec", "dense(bits) for kind ann");
  }
  if (variant.kind == ir::NetworkKind::kHnn && is_dense) {
    values.refuse(prefix + "codec", "rate(T), graded(k), ttfs(T) or topk(f) for kind hnn");
  }
  if (variant.wire == codec::WireKind::kBurst && !is_dense) {
    values.refuse(prefix + "wire", "packet, aer, bitmap, rans or auto for a spiking codec");
  }
  const bool is_topk = variant.codec.kind == codec::CodecKind::kTopk;
  if (is_topk && variant.objective != ObjectiveKind::kNone) {
    values.refuse(prefix + "objective", "none for topk, whose share of elements is fixed");
  }
  const bool is_priced = variant.price != TrafficPrice::kBits;
  if (variant.kind != ir::NetworkKind::kHnn &&
      (variant.objective == ObjectiveKind::kBudget || is_priced)) {
    const bool is_coded = is_dense && variant.wire == codec::WireKind::kRans;
    const bool has_events = variant.events_per_neuron.has_value();
    if (variant.kind == ir::NetworkKind::kAnn && is_coded && !has_events) return;
    values.refuse(prefix + "objective",
                  "none or lambda for kinds ann and snn; with wire rans a dense codec can hold a "
                  "budget of bits_per_activation, energy_nj or latency_ns");
  }
}

/// What a family of networks cannot be.
void check_family(const Values& values, const std::string& prefix, const Settings& settings,
                  const VariantSettings& variant) {
  const auto model = settings.network.model;
  const bool has_pixels = model == ModelKind::kMsResnet || model == ModelKind::kEfficientNet;
  const Projection& projection = variant.bottleneck;
  if (!has_pixels && (projection.kernel > 1 || projection.groups > 1)) {
    values.refuse(prefix + "codec",
                  "a bottleneck of kernel 1 and one group for models without neighbouring pixels");
  }
}

/// What a variant is when the user says nothing about its codec and wire.
struct Baseline {
  std::string_view name;
  ir::NetworkKind kind;
  std::string_view codec;
  codec::WireKind wire;
};

constexpr auto kBaselines = std::to_array<Baseline>({
    {"ann-packet", ir::NetworkKind::kAnn, "dense(8)", codec::WireKind::kPacket},
    {"ann-burst8", ir::NetworkKind::kAnn, "dense(8)", codec::WireKind::kBurst},
    {"ann-burst4", ir::NetworkKind::kAnn, "dense(4)", codec::WireKind::kBurst},
});

VariantSettings default_variant(const Settings& settings, const std::string& name,
                                ir::NetworkKind kind) {
  VariantSettings variant;
  variant.name = name;
  variant.kind = kind;
  variant.codec =
      codec::parse_codec(kind == ir::NetworkKind::kAnn ? "dense(8)" : "graded(3)", name);
  variant.wire = kind == ir::NetworkKind::kAnn ? codec::WireKind::kBurst : codec::WireKind::kAuto;
  for (const auto& baseline : kBaselines) {
    if (baseline.name != name) continue;
    variant.kind = baseline.kind;
    variant.codec = codec::parse_codec(baseline.codec, name);
    variant.wire = baseline.wire;
  }
  variant.codec.is_signed = has_signed_stream(settings.network.model);
  if (kind == ir::NetworkKind::kSnn) variant.surrogate = kSpikingSurrogate;
  variant.epochs = settings.finetune.optim.epochs;
  variant.batch = settings.train.batch;
  variant.learning_rate = settings.finetune.optim.learning_rate;
  variant.distill = settings.finetune.distill;
  return variant;
}

constexpr int kMostRatio = 64;
constexpr int kMostKernel = 8;
constexpr int kMostStride = 4;
constexpr int kMostGroups = 64;

bool is_possible(const Projection& p) {
  const bool is_in_range = p.ratio >= 1 && p.ratio <= kMostRatio && p.kernel >= 1 &&
                           p.kernel <= kMostKernel && p.stride >= 1 && p.stride <= kMostStride &&
                           p.groups >= 1 && p.groups <= kMostGroups;
  // Whole patches, as far beyond their edges on either side.
  return is_in_range && p.kernel % p.stride == 0 && (p.kernel - p.stride) % 2 == 0;
}

/// `text` behind "bottleneck(": from "4)+codec" to "4,4,2,4)+codec". Returns the codec; empty when
/// it is none of them.
std::string_view parse_projection(std::string_view text, Projection& projection) {
  const char* const end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, projection.ratio);
  for (int* number : {&projection.kernel, &projection.stride, &projection.groups}) {
    const bool has_more = read.ec == std::errc{} && read.ptr != end && *read.ptr == ',';
    if (has_more) read = std::from_chars(read.ptr + 1, end, *number);
  }
  const std::string_view rest(read.ptr, static_cast<size_t>(end - read.ptr));
  const bool is_whole = read.ec == std::errc{} && rest.substr(0, 2) == ")+";
  return is_whole && is_possible(projection) ? rest.substr(2) : std::string_view{};
}

/// "graded(3)", "bottleneck(4)+graded(3,signed)" or "bottleneck(4,4,2,4)+graded(3,signed)".
void parse_code(std::string_view text, const std::string& key, VariantSettings& variant) {
  constexpr std::string_view kPrefix = "bottleneck(";
  if (text.substr(0, kPrefix.size()) == kPrefix) {
    const auto codec = parse_projection(text.substr(kPrefix.size()), variant.bottleneck);
    if (codec.empty()) {
      throw core::UserError(
          {key, std::string(text),
           fmt::format(
               "bottleneck(r)+codec, (r,k), (r,k,s) or (r,k,s,g) with r = 1..{}, k = 1..{}, "
               "s = 1..{}, g = 1..{}; k a multiple of s, k - s even",
               kMostRatio, kMostKernel, kMostStride, kMostGroups),
           "", "As in bottleneck(4,3)+graded(3,signed) or bottleneck(4,4,2)+graded(3,signed)"});
    }
    text = codec;
  }
  variant.codec = codec::parse_codec(text, key);
}

VariantSettings parse_variant(const Values& values, const Settings& settings,
                              const std::string& name) {
  const std::string prefix = "variants." + name + ".";
  const auto& kind = values.text(prefix + "kind");
  auto variant = default_variant(settings, name,
                                 kind == "ann"   ? ir::NetworkKind::kAnn
                                 : kind == "snn" ? ir::NetworkKind::kSnn
                                                 : ir::NetworkKind::kHnn);
  if (values.has(prefix + "codec")) {
    parse_code(values.text(prefix + "codec"), prefix + "codec", variant);
  }
  if (values.has(prefix + "wire")) {
    variant.wire = codec::parse_wire(values.text(prefix + "wire"), prefix + "wire");
  }
  if (variant.kind == ir::NetworkKind::kSnn) {
    variant.steps = static_cast<int>(values.integer(prefix + "steps"));
    variant.codec = {.kind = codec::CodecKind::kRate,
                     .bits = 1,
                     .steps = variant.steps,
                     .is_signed = has_signed_stream(settings.network.model)};
  }
  if (values.has(prefix + "surrogate")) {
    variant.surrogate = parse_surrogate(values.text(prefix + "surrogate"), prefix + "surrogate");
  }
  variant.epochs =
      static_cast<int>(optional_integer(values, prefix + "epochs").value_or(variant.epochs));
  variant.batch =
      static_cast<int>(optional_integer(values, prefix + "batch").value_or(variant.batch));
  variant.learning_rate =
      optional_real(values, prefix + "learning_rate").value_or(variant.learning_rate);
  variant.distill = optional_real(values, prefix + "distill").value_or(variant.distill);
  variant.has_finetuned_teacher = values.text(prefix + "teacher") == "ann-ft";
  if (variant.has_finetuned_teacher && variant.distill <= 0) {
    values.refuse(prefix + "teacher", "ann, unless distill is above 0");
  }
  check_objective(values, prefix, variant);
  check_kind(values, prefix, variant);
  check_family(values, prefix, settings, variant);
  return variant;
}

std::vector<VariantSettings> parse_variants(const Values& values, const Settings& settings) {
  std::vector<VariantSettings> out;
  const auto named = values.children("variants");
  for (const auto& baseline : kBaselines) {
    const std::string name(baseline.name);
    const bool is_named = std::find(named.begin(), named.end(), name) != named.end();
    out.push_back(is_named ? parse_variant(values, settings, name)
                           : default_variant(settings, name, baseline.kind));
  }
  for (const auto& name : named) {
    const auto same_name = [&](const Baseline& baseline) { return baseline.name == name; };
    if (std::none_of(kBaselines.begin(), kBaselines.end(), same_name)) {
      out.push_back(parse_variant(values, settings, name));
    }
  }
  return out;
}

}  // namespace

bool has_signed_stream(ModelKind kind) {
  return kind == ModelKind::kRwkv || kind == ModelKind::kEfficientNet;
}

std::vector<std::string> allowed_cuts(const NetworkSettings& network) {
  std::string_view part = "stage";
  size_t count = network.widths.size();
  if (network.model == ModelKind::kMlp) {
    part = "fc";
    count = network.hidden.size();
  } else if (network.model == ModelKind::kRwkv) {
    part = "block";
    count = static_cast<size_t>(network.depth);
  } else if (network.model == ModelKind::kEfficientNet) {
    count = kEfficientNetStages;
  }
  std::vector<std::string> out;
  for (size_t i = 1; i <= count; ++i) out.push_back(fmt::format("{}{}", part, i));
  return out;
}

Settings parse_settings(const Values& values) {
  Settings out;
  out.name = values.text("name");
  out.seed = static_cast<uint64_t>(values.integer("seed"));
  out.data = parse_data(values, out.seed);
  out.augment = values.text("data.augment") != "none";
  out.loader_threads = static_cast<int>(values.integer("data.loader_threads"));
  out.network = parse_network(values);
  check_data(values, out);
  out.train = parse_train(values);
  out.finetune = parse_finetune(values, out.train);
  out.checkpoint_seconds = values.real("train.checkpoint_seconds");
  out.evaluate_samples = static_cast<int>(values.integer("train.evaluate_samples"));
  out.record_samples = static_cast<int>(values.integer("record_samples"));
  out.variants = parse_variants(values, out);
  return out;
}

}  // namespace ranvier::train
