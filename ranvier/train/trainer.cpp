#include "ranvier/train/trainer.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/interrupt.hpp"
#include "ranvier/train/bit_price.hpp"
#include "ranvier/train/evaluate.hpp"
#include "ranvier/train/optimiser.hpp"
#include "ranvier/train/settle.hpp"
#include "ranvier/train/sparsity.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace ranvier::train {

namespace {

using torch::Tensor;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Sums over the epoch under way; kept in checkpoints, so that a resumed epoch reports the same
/// means.
enum Sum : size_t { kLoss, kMetric, kRows, kSteps, kEvents, kBits, kSumCount };

/// Traffic of the last forward: the boundaries' own cost, or the spikes of every layer of an SNN.
struct StepCost {
  Tensor events;
  Tensor wire_bits;
};

StepCost traffic_of(const Model& model) {
  const auto sites = model.spiking_sites();
  if (!sites.empty()) {
    Tensor sum = torch::zeros({});
    for (const auto& site : sites) sum = sum + site->lif()->spikes_per_neuron();
    sum = sum / static_cast<double>(sites.size());
    return {sum, sum};
  }
  const auto cost = total_cost(model.boundaries());
  return {cost.events_per_neuron, cost.wire_bits_per_neuron};
}

/// In the user's unit.
double target_of(const Phase& phase) {
  for (const auto& target :
       {phase.events_per_neuron, phase.bits_per_activation, phase.energy_nj, phase.latency_ns}) {
    if (target) return *target;
  }
  throw core::ContractViolation("a budget has a target");
}

/// Parts of a training after which a budget is compared with what the deployed network pays.
constexpr std::array kAudits{0.5, 0.7, 0.85, 0.95};

std::optional<BudgetController> make_controller(const Phase& phase, int64_t total_steps) {
  if (phase.objective == ObjectiveKind::kNone) return std::nullopt;
  SparsityOptions options;
  const BitPrice price(phase);
  if (phase.objective == ObjectiveKind::kLambda) {
    options.objective = Objective::kLambda;
    options.unit = CostUnit::kWireBits;
    options.lambda = phase.lambda * price.unit();
  } else {
    options.objective = Objective::kBudget;
    options.unit = phase.events_per_neuron ? CostUnit::kEvents : CostUnit::kWireBits;
    options.target = target_of(phase) / price.unit();
  }
  return BudgetController(options, total_steps, "variants." + phase.name);
}

/// Errors: UserError when the processes are not at the same step.
void require_agreement(Processes& processes, int64_t step, const std::filesystem::path& path) {
  if (processes.agree(step)) return;
  throw core::UserError(
      {.key = "--out",
       .given = fmt::format("a checkpoint at step {} in process {}", step, processes.rank()),
       .allowed = "the same checkpoints for all processes",
       .place = path.string(),
       .hint = "Give all of them one directory on files that they share"});
}

class PhaseTrainer {
 public:
  PhaseTrainer(Model& model, Teacher* teacher, const Phase& phase, const TrainContext& context)
      : model_(model),
        teacher_(phase.distill > 0 ? teacher : nullptr),
        phase_(phase),
        context_(context),
        metric_(metric_of(*context.sets)),
        batches_(*context.sets, Half::kTrain, batch_options()),
        per_epoch_(batches_.per_epoch()),
        total_(per_epoch_ * phase.optim.epochs),
        weights_(model.network_parameters(), phase.optim.optimizer, phase.optim.momentum,
                 phase.optim.weight_decay),
        codes_(model.boundary_parameters(), OptimizerKind::kAdamW, 0.9, 0.0),
        price_(phase),
        controller_(make_controller(phase, total_)),
        has_traffic_(!model.boundaries().empty() || !model.spiking_sites().empty()) {
    model_.set_processes(context.processes);
  }
  ~PhaseTrainer() { model_.set_processes(one_process()); }
  PhaseTrainer(const PhaseTrainer&) = delete;
  PhaseTrainer& operator=(const PhaseTrainer&) = delete;

  PhaseResult run() {
    restore();
    start_alike();
    if (context_.progress != nullptr) context_.progress->restore(step_, "");
    batches_.start(step_ / per_epoch_, step_ % per_epoch_);
    start_ = saved_ = Clock::now();
    const int64_t stop = context_.stop_after_steps < 0 ? -1 : step_ + context_.stop_after_steps;
    while (step_ < total_) {
      if (step_ == stop) throw core::Interrupted("stopped after the given number of steps");
      train_step();
      report(fmt::format("{} loss {:.3f}", phase_.name, sums_[kLoss] / sums_[kSteps]));
      if (is_audit()) audit();
      if (step_ % per_epoch_ == 0) finish_epoch();
      save_when_due();
    }
    settle();
    save(true);
    return {history_, seconds_before_ + seconds_since(start_)};
  }

 private:
  BatchOptions batch_options() const {
    return {.batch_size = phase_.optim.batch,
            .crop = context_.augment,
            .flip = context_.augment,
            .drop_last = true,
            .shards = processes().size(),
            .shard = processes().rank(),
            .seed = context_.seed};
  }

  Processes& processes() const { return *context_.processes; }

  /// All processes go on from one place, or not at all.
  void start_alike() {
    require_agreement(processes(), step_, path());
    broadcast_all(processes(), module_state(model_));
  }

  std::filesystem::path path() const { return context_.checkpoints / (phase_.name + ".pt"); }

  void report(const std::string& note) {
    if (context_.progress != nullptr) context_.progress->advance(1, note);
  }

  void restore() {
    if (!context_.resume) return;
    const auto checkpoint = read_checkpoint(path(), phase_.signature);
    if (!checkpoint) return;
    step_ = checkpoint->step;
    seconds_before_ = checkpoint->seconds;
    sums_ = checkpoint->sums;
    history_ = checkpoint->history;
    restore_module(model_, checkpoint->model);
    const auto& state = checkpoint->optimisers;
    const auto split = state.begin() + static_cast<int64_t>(weights_.state().size());
    weights_.restore({state.begin(), split});
    codes_.restore({split, state.end()});
    if (controller_) controller_->restore(checkpoint->controller);
    restore_meters(model_.boundaries(), checkpoint->meters);
    spdlog::info("{}: resumed at step {} of {}", phase_.name, step_, total_);
  }

  double factor() const {
    return schedule_factor(phase_.optim.schedule, phase_.optim.warmup, step_, total_);
  }

  Tensor task_loss(const Tensor& logits, const Batch& batch) {
    namespace F = torch::nn::functional;
    const auto hard = F::cross_entropy(
        logits, batch.labels,
        F::CrossEntropyFuncOptions().label_smoothing(phase_.optim.label_smoothing));
    if (teacher_ == nullptr) return hard;
    const Tensor target = teacher_->targets(batch, batch_options(), phase_.distill_temperature);
    const auto own = torch::log_softmax(logits / phase_.distill_temperature, 1);
    const double scale = phase_.distill_temperature * phase_.distill_temperature;
    const auto soft = -(target * own).sum(1).mean() * scale;
    return hard * (1.0 - phase_.distill) + soft * phase_.distill;
  }

  Tensor forward(const Tensor& inputs) {
    const MixedPrecision precision(phase_.optim.is_mixed, inputs.device());
    return model_.forward(inputs).to(torch::kFloat32);
  }

  void train_step() {
    const auto batch = batches_.next();
    model_.train();
    weights_.zero_grad();
    codes_.zero_grad();
    const auto logits = forward(batch.inputs);
    const auto task = task_loss(logits, batch);
    StepCost cost;
    if (has_traffic_) cost = traffic_of(model_);
    auto loss = task;
    if (controller_) loss = loss + controller_->lambda() * steered(cost);
    const Seen seen = see(task, loss, logits, batch, cost);
    check_finite(seen.task, seen.loss);
    loss.backward();
    average_gradients(processes(), model_.parameters());
    weights_.step(phase_.optim.learning_rate * factor());
    codes_.step(phase_.boundary_learning_rate *
                schedule_factor(ScheduleKind::kCosine, 0.0, step_, total_));
    if (controller_) {
      controller_->observe(phase_.events_per_neuron ? seen.events : seen.wire_bits);
      const double move = controller_->threshold_move();
      for (auto& boundary : model_.boundaries()) {
        boundary->move_thresholds(move, boundary->crowded());
      }
    }
    tally(seen);
    ++step_;
  }

  Tensor steered(const StepCost& cost) const {
    if (phase_.events_per_neuron) return cost.events;
    return price_.of(model_.boundaries(), cost.wire_bits);
  }

  bool has_budget() const {
    return phase_.objective == ObjectiveKind::kBudget && !model_.boundaries().empty();
  }

  bool is_audit() const {
    return has_budget() && std::any_of(kAudits.begin(), kAudits.end(), [&](double part) {
             return step_ == std::llround(part * static_cast<double>(total_));
           });
  }

  void audit() {
    controller_->correct(deployed_cost(model_, *context_.sets, phase_) / price_.unit());
  }

  /// A network that needs less than its budget keeps its thresholds.
  void settle() {
    if (!has_budget() || controller_->needs_less()) return;
    constexpr double kFar = 0.3;  // of a log threshold
    const double moved = settle_budget(model_, *context_.sets, phase_, target_of(phase_));
    broadcast_all(processes(), module_state(model_));  // machines may round differently
    if (std::abs(moved) < kFar) return;
    spdlog::warn("{}: the budget was missed in training; thresholds were moved by {:+.0f} % for it",
                 phase_.name, 100.0 * std::expm1(moved));
  }

  void check_finite(double task, double total) const {
    if (std::isfinite(task) && std::isfinite(total)) return;
    throw core::RunError(fmt::format(
        "[{}] the loss is {} at step {} of {} with learning rate {:.3g}; the last checkpoint is "
        "{}. Lower the learning rate",
        phase_.name, std::isfinite(task) ? total : task, step_, total_,
        phase_.optim.learning_rate * factor(), path().string()));
  }

  /// What a step saw in the whole batch.
  struct Seen {
    double task = 0;
    double loss = 0;
    double events = 0;
    double wire_bits = 0;
    double metric = 0;  // sum over rows
    double rows = 0;
  };

  /// Also agrees on whether to stop, so that all processes do after the same step.
  Seen see(const Tensor& task, const Tensor& loss, const Tensor& logits, const Batch& batch,
           const StepCost& cost) {
    const auto sums = processes().sum(
        {task.item<double>(), loss.item<double>(), has_traffic_ ? cost.events.item<double>() : 0.0,
         has_traffic_ ? cost.wire_bits.item<double>() : 0.0,
         metric_sum(metric_, logits.detach(), batch.labels),
         static_cast<double>(batch.labels.size(0)), wants_to_stop() ? 1.0 : 0.0});
    const auto parts = static_cast<double>(processes().size());
    stops_ = sums[6] > 0;
    return {sums[0] / parts, sums[1] / parts, sums[2] / parts, sums[3] / parts, sums[4], sums[5]};
  }

  bool wants_to_stop() const {
    return core::interrupt_requested() || (context_.stop != nullptr && *context_.stop);
  }

  void tally(const Seen& seen) {
    sums_[kLoss] += seen.task;
    sums_[kMetric] += seen.metric;
    sums_[kRows] += seen.rows;
    sums_[kSteps] += 1;
    sums_[kEvents] += seen.events;
    sums_[kBits] += seen.wire_bits;
  }

  void finish_epoch() {
    EpochRecord r;
    r.epoch = static_cast<int>(step_ / per_epoch_);
    r.loss = sums_[kLoss] / sums_[kSteps];
    r.train_metric = metric_mean(metric_, sums_[kMetric], sums_[kRows]);
    r.test_metric = test_metric(model_, *context_.sets, context_.evaluate_samples);
    r.learning_rate = phase_.optim.learning_rate * factor();
    r.events_per_neuron = sums_[kEvents] / sums_[kSteps];
    r.wire_bits_per_neuron = sums_[kBits] / sums_[kSteps];
    r.lambda = controller_ ? controller_->lambda() : 0.0;
    r.seconds = seconds_before_ + seconds_since(start_);
    sums_.assign(kSumCount, 0.0);
    r.revived = revive();
    history_.push_back(r);
    if (!context_.quiet) {
      spdlog::info(
          "{} epoch {}/{}: loss {:.4f}, train {}, test {}, {:.3f} events and {:.2f} "
          "bits per neuron, lambda {:.3g}, {:.0f} s",
          phase_.name, r.epoch, phase_.optim.epochs, r.loss, metric_text(metric_, r.train_metric),
          metric_text(metric_, r.test_metric), r.events_per_neuron, r.wire_bits_per_neuron,
          r.lambda, r.seconds);
    }
    save(false);
  }

  /// Channels that died or saturated in the first part of the training get another chance; later
  /// ones stay as they are, so that the traffic settles.
  int64_t revive() {
    constexpr double kPart = 0.7;
    const double done = static_cast<double>(step_) / static_cast<double>(total_);
    if (model_.boundaries().empty() || done > kPart) return 0;
    const Revived revived = revive_channels(model_, *context_.sets, phase_.calibration_samples);
    broadcast_all(processes(), module_state(model_));
    if (revived.dead + revived.saturated > 0) {
      spdlog::warn("{}: {} dead and {} saturated boundary channels brought back", phase_.name,
                   revived.dead, revived.saturated);
    }
    return revived.dead + revived.saturated;
  }

  void save_when_due() {
    if (!stops_ && seconds_since(saved_) < context_.checkpoint_seconds) return;
    save(false);
    if (!stops_) return;
    core::check_interrupt("training stopped; its checkpoint is written. Go on with --resume");
    throw core::Interrupted("stopped because another part of the training did");
  }

  void save(bool is_finished) {
    saved_ = Clock::now();
    if (!processes().is_first()) return;
    Checkpoint c;
    c.signature = phase_.signature;
    c.step = step_;
    c.is_finished = is_finished;
    c.seconds = seconds_before_ + seconds_since(start_);
    c.sums = sums_;
    if (controller_) c.controller = controller_->state();
    c.meters = meters_of(model_.boundaries());
    c.history = history_;
    c.model = module_state(model_);
    c.optimisers = weights_.state();
    for (const auto& t : codes_.state()) c.optimisers.push_back(t);
    write_checkpoint(c, path());
  }

  Model& model_;
  Teacher* teacher_;
  const Phase& phase_;
  const TrainContext& context_;
  Metric metric_;
  Batches batches_;
  int64_t per_epoch_;
  int64_t total_;
  Optimiser weights_;
  Optimiser codes_;
  BitPrice price_;
  std::optional<BudgetController> controller_;
  bool has_traffic_;
  bool stops_ = false;  // after this step, in every process
  int64_t step_ = 0;
  std::vector<double> sums_ = std::vector<double>(kSumCount, 0.0);
  std::vector<EpochRecord> history_;
  double seconds_before_ = 0;
  Clock::time_point start_;
  Clock::time_point saved_;
};

}  // namespace

void TrainProgress::advance(int64_t steps, const std::string& note) {
  const std::lock_guard lock(mutex_);
  done_ += steps;
  progress_.update(done_, note);
}

void TrainProgress::restore(int64_t steps, const std::string& note) {
  const std::lock_guard lock(mutex_);
  done_ += steps;
  progress_.skip(steps);
  progress_.update(done_, note);
}

int64_t phase_steps(const Phase& phase, const TrainContext& context) {
  return context.sets->data.train_samples() / phase.optim.batch * phase.optim.epochs;
}

PhaseResult train_phase(Model& model, Teacher* teacher, const Phase& phase,
                        const TrainContext& context) {
  return PhaseTrainer(model, teacher, phase, context).run();
}

std::optional<PhaseResult> load_finished(Model& model, const Phase& phase,
                                         const TrainContext& context) {
  if (!context.resume) return std::nullopt;
  const auto path = context.checkpoints / (phase.name + ".pt");
  const auto checkpoint = read_checkpoint(path, phase.signature);
  require_agreement(*context.processes, checkpoint ? checkpoint->step : 0, path);
  const bool is_finished = checkpoint && checkpoint->is_finished;
  if (context.processes->sum({is_finished ? 0.0 : 1.0}).front() > 0) return std::nullopt;
  restore_module(model, checkpoint->model);
  return PhaseResult{checkpoint->history, checkpoint->seconds};
}

}  // namespace ranvier::train
