#include "ranvier/train/train.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/train/blas.hpp"
#include "ranvier/train/bundle.hpp"
#include "ranvier/train/device.hpp"
#include "ranvier/train/kernels/allocator.hpp"
#include "ranvier/train/link_loss.hpp"
#include "ranvier/train/processes.hpp"
#include "ranvier/train/side_by_side.hpp"
#include "ranvier/train/trainer.hpp"
#include "ranvier/train/weights.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <thread>

namespace ranvier::train {

namespace {

/// Joules and seconds come from a preset's links, which whoever calls has to know; and no budget
/// is below what an empty link takes.
void require_prices(const VariantSettings& variant, const std::vector<Framing>& framings) {
  if (variant.price == TrafficPrice::kBits) return;
  const std::string prefix = "variants." + variant.name + ".";
  if (framings.empty()) {
    throw core::UserError({.key = prefix + "objective",
                           .given = std::string(to_string(variant.price)),
                           .allowed = "none, lambda or budget without the links of a preset",
                           .place = {},
                           .hint = "An experiment file with presets has them."});
  }
  double least = 0.0;
  for (const auto& framing : framings) least += framing.prices.nanoseconds_crossing;
  if (!variant.latency_ns || *variant.latency_ns > least) return;
  throw core::UserError({.key = prefix + "latency_ns",
                         .given = fmt::format("{} ns", *variant.latency_ns),
                         .allowed = fmt::format("more than {:.4g} ns", least),
                         .place = {},
                         .hint = "Empty links take so long for the crossings of this network."});
}

class Experiment {
 public:
  Experiment(Settings settings, const TrainOptions& options)
      : settings_(std::move(settings)),
        options_(options),
        device_(usable_device(options.device, options.launch)) {
    for (const auto& [key, batch] : batches()) require_even_shares(options.launch, batch, key);
    rendezvous_ = make_rendezvous(options.launch);
    sets_ = Sets::of(load_data(settings_.data));
    sets_.loader_threads = settings_.loader_threads;
    sets_.device = device_;
    settings_.data_hash = content_hash(sets_.data);
    context_ = {.sets = &sets_,
                .checkpoints = options.out / "checkpoints",
                .seed = settings_.seed,
                .augment = settings_.augment,
                .resume = options.resume,
                .quiet = is_quiet(),
                .checkpoint_seconds = settings_.checkpoint_seconds,
                .evaluate_samples = settings_.evaluate_samples};
    context_.stop = &stop_;
  }

  void run() {
    if (is_first()) core::require_writable_directory(context_.checkpoints, "--out");
    plan();
    meet();
    if (works_.empty()) return;
    examine();
    TrainProgress progress(planned_steps(), is_quiet());
    context_.progress = &progress;
    train_dense();
    std::vector<Job> jobs;
    for (auto& work : works_) jobs.emplace_back([this, &work] { train(work); });
    run_side_by_side(jobs, workers(), stop_);
  }

  void rescore() {
    std::vector<Job> jobs;
    for (const auto& variant : settings_.variants) {
      const auto directory = bundle_directory(variant);
      if (!std::filesystem::exists(directory / "metrics.json")) continue;
      jobs.emplace_back([this, &variant, directory] {
        const auto model = place(spec_of(variant));
        load_weights(*model, directory / "weights.safetensors");
        rescore_bundle(*model, sets_, settings_.finetune.calibration_samples, directory);
      });
    }
    if (jobs.empty()) {
      throw core::UserError({.key = "--out",
                             .given = options_.out.string(),
                             .allowed = "a run directory with at least one complete bundle",
                             .place = {},
                             .hint = "Train first"});
    }
    run_side_by_side(jobs, workers(), stop_);
  }

  void score_losses(const std::vector<std::filesystem::path>& links, int64_t samples) {
    std::map<std::string, std::vector<std::filesystem::path>> links_of;  // by variant
    for (const auto& path : links) links_of[ir::read_link_loss(path).variant].push_back(path);
    std::vector<Job> jobs;
    for (const auto& variant : settings_.variants) {
      const auto found = links_of.find(variant.name);
      if (found == links_of.end()) continue;
      jobs.emplace_back(
          [this, &variant, found, samples] { score_losses(variant, found->second, samples); });
    }
    run_side_by_side(jobs, workers(), stop_);
  }

 private:
  void score_losses(const VariantSettings& variant, const std::vector<std::filesystem::path>& links,
                    int64_t samples) {
    const auto directory = bundle_directory(variant);
    const auto model = place(spec_of(variant));
    load_weights(*model, directory / "weights.safetensors");
    std::vector<ir::LinkLoss> losses;
    for (const auto& path : links) losses.push_back(ir::read_link_loss(path));
    const auto scores =
        train::score_losses(*model, sets_, settings_.finetune.calibration_samples,
                            ir::read_network(directory / "network.json"), losses, samples);
    const Metric metric = metric_of(sets_);
    for (const auto& score : scores) {
      const std::string file = fmt::format("{}.{}.score.json", score.variant, score.preset);
      ir::write_loss_score(score, links.front().parent_path() / file);
      spdlog::info("{} on {}: {} deployed, {} with what its links leave", score.variant,
                   score.preset, metric_text(metric, score.without_loss),
                   metric_text(metric, score.with_loss));
    }
  }

  bool is_first() const { return options_.launch.is_first(); }
  bool is_quiet() const { return options_.quiet || !is_first(); }

  /// Every batch size, by the key that sets it.
  std::map<std::string, int> batches() const {
    std::map<std::string, int> all{{"train.batch", settings_.train.batch}};
    for (const auto& variant : settings_.variants) {
      if (variant.batch == settings_.train.batch) continue;
      all["variants." + variant.name + ".batch"] = variant.batch;
    }
    return all;
  }

  /// Each training has processes of its own, so that those in other threads do not mix with it.
  /// Errors: UserError when the processes are not about to do the same.
  void meet() {
    std::string plan = fmt::format("{:016x}", settings_.data_hash);
    for (const auto& work : works_) plan += work.phase.name + work.phase.signature;
    const auto all = rendezvous_->join("all");
    if (!all->agree(static_cast<int64_t>(core::content_hash(plan)))) {
      throw core::UserError(
          {.key = "processes",
           .given = fmt::format("another plan or other data in one of {}", all->size()),
           .allowed = "one experiment, one data set and one --out for all",
           .place = {},
           .hint = "Start all of them alike, on files that they share"});
    }
    processes_["ann"] = rendezvous_->join("ann");
    for (const auto& work : works_) {
      processes_[work.phase.name] = rendezvous_->join(work.phase.name);
    }
  }

  ModelSpec plain_spec() const {
    ModelSpec spec;
    spec.network = settings_.network;
    const auto& train = sets_.data.train;
    spec.image = {train.channels, train.height, train.width};
    spec.classes = sets_.data.is_text() ? kByteValues : train.classes;
    spec.seed = settings_.seed;
    return spec;
  }

  ModelSpec spec_of(const VariantSettings& variant) const {
    ModelSpec spec = plain_spec();
    spec.kind = variant.kind;
    spec.has_boundaries = variant.kind != ir::NetworkKind::kSnn;
    spec.codec = variant.codec;
    spec.bottleneck = variant.bottleneck;
    spec.wire = variant.wire;
    spec.surrogate = variant.surrogate;
    spec.steps = variant.steps;
    return spec;
  }

  std::shared_ptr<Model> place(const ModelSpec& spec) const {
    auto model = make_model(spec);
    model->to(device_);
    return model;
  }

  /// One training and the bundles that come of it.
  struct Work {
    Phase phase;
    ModelSpec spec;
    std::vector<VariantSettings> variants;  // none: the dense reference
    std::shared_ptr<Model> model;
    PhaseResult result;
    double quality = 0;  // of the reference, metric_of(sets)
  };

  int workers() const {
    const int machine = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    return options_.threads > 0 ? options_.threads : machine;
  }

  std::filesystem::path bundle_directory(const VariantSettings& variant) const {
    return options_.out / "bundle" / variant.name;
  }

  std::vector<Framing> framings_of(const VariantSettings& variant) const {
    if (!options_.framing || variant.kind == ir::NetworkKind::kSnn) return {};
    return options_.framing(make_model(spec_of(variant))->describe(), variant.name);
  }

  /// Whether the weights depend on what bits cost.
  static bool prices_bits(const VariantSettings& variant) {
    return variant.objective != ObjectiveKind::kNone && !variant.events_per_neuron;
  }

  Phase phase_of(const VariantSettings& variant) const {
    Phase phase{.name = variant.name,
                .optim = settings_.finetune.optim,
                .boundary_learning_rate = settings_.finetune.boundary_learning_rate,
                .distill = variant.distill,
                .distill_temperature = settings_.finetune.distill_temperature,
                .objective = variant.objective,
                .lambda = variant.lambda,
                .events_per_neuron = variant.events_per_neuron,
                .bits_per_activation = variant.bits_per_activation,
                .price = variant.price,
                .energy_nj = variant.energy_nj,
                .latency_ns = variant.latency_ns,
                .wire = variant.wire,
                .framings = framings_of(variant),
                .calibration_samples = settings_.finetune.calibration_samples,
                .signature = settings_.signature_of(variant)};
    require_prices(variant, phase.framings);
    if (prices_bits(variant)) {
      for (const auto& framing : phase.framings) {
        const bool is_priced = variant.price != TrafficPrice::kBits;
        phase.signature += fmt::format("; frames {} {}", text_of(framing),
                                       is_priced ? text_of(framing.prices) : "");
      }
    }
    phase.optim.epochs = variant.epochs;
    phase.optim.batch = variant.batch;
    phase.optim.learning_rate = variant.learning_rate;
    return phase;
  }

  /// The dense network from scratch: every other network starts from it.
  Phase dense_phase() const {
    return {.name = "ann", .optim = settings_.train, .signature = settings_.dense_signature()};
  }

  /// The same network, fine-tuned as long as the variants are.
  Work reference() const {
    Work work;
    work.phase = {.name = "ann-ft",
                  .optim = settings_.finetune.optim,
                  .distill = settings_.finetune.distill,
                  .distill_temperature = settings_.finetune.distill_temperature,
                  .signature = settings_.reference_signature()};
    work.spec = plain_spec();
    return work;
  }

  /// What is left to do. Dense variants of one codec differ in their wire alone and share a
  /// training.
  void plan() {
    for (const auto& variant : settings_.variants) {
      const auto phase = phase_of(variant);
      if (options_.resume && is_complete_bundle(bundle_directory(variant), phase.signature)) {
        spdlog::info("{}: complete, skipped", variant.name);
        continue;
      }
      const auto same = std::find_if(works_.begin(), works_.end(), [&](const Work& work) {
        return work.phase.signature == phase.signature;
      });
      if (same != works_.end()) {
        same->variants.push_back(variant);
        continue;
      }
      Work work;
      work.phase = phase;
      work.spec = spec_of(variant);
      work.variants.push_back(variant);
      if (variant.kind == ir::NetworkKind::kAnn) work.phase.name = dense_name(variant);
      works_.push_back(std::move(work));
    }
    // The longest first, so that the workers end together; last, whoever waits for the reference.
    std::stable_partition(works_.begin(), works_.end(),
                          [](const Work& work) { return work.spec.is_spiking(); });
    std::stable_partition(works_.begin(), works_.end(), [](const Work& work) {
      return !work.variants.front().has_finetuned_teacher;
    });
    if (!works_.empty()) works_.insert(works_.begin(), reference());
  }

  /// A network that the hardware cannot take is refused now, not after hours of training.
  void examine() const {
    if (!options_.examine) return;
    for (const auto& variant : settings_.variants) {
      options_.examine(make_model(spec_of(variant))->describe());
    }
  }

  /// The first dense variant of so many bits names its training after them, whatever is left to do.
  std::string dense_name(const VariantSettings& variant) const {
    const auto first = std::find_if(
        settings_.variants.begin(), settings_.variants.end(), [&](const VariantSettings& other) {
          return other.kind == ir::NetworkKind::kAnn && other.codec.bits == variant.codec.bits;
        });
    const bool is_same = settings_.signature_of(*first) == settings_.signature_of(variant);
    return is_same ? fmt::format("dense{}", variant.codec.bits) : variant.name;
  }

  int64_t planned_steps() const {
    int64_t steps = phase_steps(dense_phase(), context_);
    for (const auto& work : works_) steps += phase_steps(work.phase, context_);
    return steps;
  }

  PhaseResult obtain(Model& model, Teacher* teacher, const Phase& phase) {
    TrainContext context = context_;
    context.processes = processes_.at(phase.name);
    if (auto finished = load_finished(model, phase, context)) {
      context.progress->restore(phase_steps(phase, context), phase.name);
      return *finished;
    }
    return train_phase(model, teacher, phase, context);
  }

  void train_dense() {
    const auto dense = place(plain_spec());
    obtain(*dense, nullptr, dense_phase());
    dense->eval();
    dense_ = dense;
    dense_teacher_.emplace(*dense);
  }

  void train(Work& work) {
    work.model = place(work.spec);
    work.model->warm_start(*dense_);
    work.model->set_framings(work.phase.framings);
    if (work.variants.empty()) {
      train_reference(work);
      return;
    }
    calibrate(*work.model, sets_, settings_.finetune.calibration_samples);
    const bool waits = work.variants.front().has_finetuned_teacher;
    work.result = obtain(*work.model, waits ? reference_.get() : &*dense_teacher_, work.phase);
    if (is_first()) write(work);
  }

  /// Whoever learns from the reference waits for it; if it fails, they fail with it.
  void train_reference(Work& work) {
    try {
      work.result = obtain(*work.model, &*dense_teacher_, work.phase);
      work.quality = score(*work.model, sets_).metric;
      spdlog::info("ann-ft: {} as floats", metric_text(metric_of(sets_), work.quality));
      reference_done_.set_value(&reference_teacher_.emplace(*work.model));
    } catch (...) {
      reference_done_.set_exception(std::current_exception());
      throw;
    }
  }

  /// At once, while others still train: what is interrupted then has its bundles so far.
  void write(Work& work) {
    reference_.get();  // its quality stands in every bundle
    for (const auto& variant : work.variants) {
      Metrics metrics;
      metrics.variant = variant.name;
      metrics.kind = variant.kind;
      metrics.reference_float = works_.front().quality;
      metrics.train_seconds = work.result.seconds;
      metrics.epochs = work.phase.optim.epochs;
      metrics.history = work.result.history;
      metrics.wire = variant.wire;
      metrics.framings = work.phase.framings;
      metrics.target_events = variant.events_per_neuron;
      metrics.target_bits = variant.bits_per_activation;
      metrics.target_energy_nj = variant.energy_nj;
      metrics.target_latency_ns = variant.latency_ns;
      metrics.signature = work.phase.signature;
      write_bundle(*work.model, sets_, std::move(metrics), settings_.finetune.calibration_samples,
                   settings_.record_samples, bundle_directory(variant), files_);
    }
  }

  std::mutex files_;
  std::atomic<bool> stop_{false};
  std::vector<Work> works_;
  Settings settings_;
  TrainOptions options_;
  torch::Device device_;
  std::unique_ptr<Rendezvous> rendezvous_;
  std::map<std::string, ProcessesPtr> processes_;  // by training
  Sets sets_;
  TrainContext context_;
  std::shared_ptr<Model> dense_;
  std::optional<Teacher> dense_teacher_;
  std::optional<Teacher> reference_teacher_;
  std::promise<Teacher*> reference_done_;
  std::shared_future<Teacher*> reference_ = reference_done_.get_future().share();
};

}  // namespace

void train_all(const Settings& settings, const TrainOptions& options) {
  keep_freed_memory();
  prepare_thread();
  warn_of_slow_blas();
  Experiment(settings, options).run();
}

void train_all(const config::Values& values, const TrainOptions& options) {
  train_all(parse_settings(values), options);
}

LossScorer loss_scorer(const config::Values& values, const TrainOptions& options) {
  keep_freed_memory();
  const auto experiment = std::make_shared<Experiment>(parse_settings(values), options);
  return [experiment](const std::vector<std::filesystem::path>& links, int64_t samples) {
    prepare_thread();
    experiment->score_losses(links, samples);
  };
}

void evaluate_bundles(const config::Values& values, const TrainOptions& options) {
  keep_freed_memory();
  prepare_thread();
  Experiment(parse_settings(values), options).rescore();
}

}  // namespace ranvier::train
