#include "ranvier/sweep/ranks.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sweep/rank_worker.hpp"
#include "ranvier/sweep/test_mail.hpp"
#include "ranvier/sweep/test_sweep.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <set>

namespace ranvier::sweep {
namespace {

namespace fs = std::filesystem;
using testing::content;
using ::testing::HasSubstr;
using testing::kSweep;
using testing::on_ranks;
using testing::training;

std::string text_of(const std::exception_ptr& error) {
  if (!error) return "";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  }
}

class RanksTest : public testing::SweepTest {
 protected:
  using Change = std::function<void(int rank, SweepOptions&)>;

  /// As the command does it; `change` makes the options of a rank.
  std::vector<std::exception_ptr> run_on(
      int ranks, const std::string& yaml, const std::string& database,
      const Change& change = [](int, SweepOptions&) {},
      const testing::ThreadMail::Tamper& tamper = {}) {
    const SweepSpec planned = spec(yaml);
    const auto job = [&](core::Mail& mail) {
      SweepOptions options;
      options.training = training();
      options.runs = directory_ / "runs";
      options.quiet = true;
      change(mail.rank(), options);
      if (mail.rank() > 0) return work_for_rank_zero(planned, options, mail);
      Ranks others(mail);
      options.ranks = &others;
      std::exception_ptr error;
      try {
        Store store = Store::create(directory_ / database);
        outcome_ = run_sweep(planned, options, store);
      } catch (...) {
        error = std::current_exception();
      }
      others.end(error);
      if (error) std::rethrow_exception(error);
    };
    return on_ranks(ranks, job, tamper);
  }

  static void expect_no_error(const std::vector<std::exception_ptr>& errors) {
    for (const auto& error : errors) EXPECT_EQ(text_of(error), "");
  }

  SweepOutcome outcome_;
};

TEST_F(RanksTest, AnyNumberOfRanksAndThreadsWritesTheDatabaseOfOneProcess) {
  const auto alone = run(kSweep, "alone.sqlite");
  const std::string wanted = content(directory_ / "alone.sqlite");
  for (const auto& [ranks, jobs] : {std::pair{1, 1}, {2, 1}, {3, 1}, {3, 2}}) {
    const std::string name = std::to_string(ranks) + std::to_string(jobs) + ".sqlite";
    std::mutex mutex;
    std::set<int> answered;
    expect_no_error(run_on(
        ranks, kSweep, name, [jobs = jobs](int, SweepOptions& options) { options.jobs = jobs; },
        [&](int from, std::vector<std::byte>& letter) {
          const std::lock_guard lock(mutex);
          if (kind_of(letter) == LetterKind::kResult) answered.insert(from);
        }));
    EXPECT_EQ(content(directory_ / name), wanted) << ranks << " ranks";
    EXPECT_EQ(csv(name), csv("alone.sqlite"));
    EXPECT_EQ(outcome_.simulated, alone.simulated);
    EXPECT_EQ(outcome_.workers, ranks * jobs);
    EXPECT_EQ(answered.size(), static_cast<size_t>(ranks - 1)) << "every rank has measured";
  }
}

TEST_F(RanksTest, ARepeatedSweepSendsNothing) {
  run(kSweep, "a.sqlite");
  std::atomic<int> trials{0};
  expect_no_error(run_on(
      3, kSweep, "a.sqlite", [](int, SweepOptions&) {},
      [&](int, std::vector<std::byte>& letter) {
        trials += kind_of(letter) == LetterKind::kTrial;
      }));
  EXPECT_EQ(outcome_.known, 4);
  EXPECT_EQ(outcome_.simulated, 0);
  EXPECT_EQ(trials, 0);
}

TEST_F(RanksTest, RefusalsAndFailuresOfAnyRankAreRecordedAsThoseOfOneProcess) {
  const fs::path activity = directory_ / "run/bundle/hnn-graded/activity.h5";
  auto damaged = ir::read_activity(activity);
  damaged.boundaries.at("cut").value[17] += 1;  // not what the network computed with
  ir::write_activity(damaged, activity);
  const std::string yaml =
      "name: t\nbase: BASE\naxes:\n  - {key: hardware.mesh, values: [2, 4]}\n"
      "  - {key: hardware.serdes.lanes, values: [1, 2, 4]}\n";
  const auto alone = run(yaml, "alone.sqlite");
  expect_no_error(run_on(3, yaml, "ranks.sqlite"));
  EXPECT_EQ(outcome_.refused, 3);
  EXPECT_EQ(outcome_.failed, 3);
  EXPECT_EQ(outcome_.first_failure, alone.first_failure);
  EXPECT_EQ(content(directory_ / "ranks.sqlite"), content(directory_ / "alone.sqlite"));
  expect_no_error(run_on(2, yaml, "ranks.sqlite"));
  EXPECT_EQ(outcome_.known, 3) << "refusals are results";
  EXPECT_GT(outcome_.simulated, 0) << "failures are tried again";
}

TEST_F(RanksTest, SearchedMappingsAreThoseOfOneProcess) {
  const std::string yaml =
      "name: t\nbase: BASE\nfidelity: analytic\n"
      "axes: [{key: mapping.search, values: [none, latency, edp]}]\n";
  run(yaml, "alone.sqlite");
  expect_no_error(run_on(3, yaml, "ranks.sqlite"));
  EXPECT_EQ(content(directory_ / "ranks.sqlite"), content(directory_ / "alone.sqlite"));
}

TEST_F(RanksTest, TrainedRunsAreHandedOutOneAfterTheOther) {
  const char* yaml =
      "name: t\nbase: BASE/config.resolved.yaml\nfidelity: analytic\naxes:\n"
      "  - {key: train.epochs, values: [1, 2]}\n  - {key: hardware.serdes.lanes, values: [1, 2]}\n";
  std::atomic<int> trained{0};
  const auto train = [&](const Experiment& experiment, const fs::path& run, const Examine&) {
    ++trained;
    testing::write_test_run(run);
    if (experiment.values.integer("train.epochs") == 2) {
      testing::write_test_bundle(run, {"snn", ir::NetworkKind::kSnn, "rate(2)", 2, 0.5, 53});
    }
  };
  SweepOptions options;
  options.train = train;
  run(yaml, "alone.sqlite", options);
  fs::remove_all(directory_ / "runs");
  expect_no_error(
      run_on(3, yaml, "ranks.sqlite", [&](int, SweepOptions& changed) { changed.train = train; }));
  EXPECT_EQ(trained, 4) << "twice each, by rank 0 alone";
  EXPECT_EQ(content(directory_ / "ranks.sqlite"), content(directory_ / "alone.sqlite"));
}

TEST_F(RanksTest, ARankThatReadsOtherFilesEndsTheSweepOnAll) {
  const auto errors = run_on(3, kSweep, "a.sqlite", [](int rank, SweepOptions& options) {
    if (rank == 2) options.overrides = {"hardware.core_clock=300 MHz"};
  });
  for (const auto& error : errors) {
    EXPECT_THAT(text_of(error),
                HasSubstr("rank 2: the files of the sweep are not those of rank 0"));
  }
  run(kSweep, "alone.sqlite");
  EXPECT_GT(run(kSweep, "a.sqlite").points, 0) << "the database is whole and goes on";
  EXPECT_EQ(content(directory_ / "a.sqlite"), content(directory_ / "alone.sqlite"));
}

TEST_F(RanksTest, AnErrorOfRankZeroEndsTheOthersWithIt) {
  const std::string yaml = "name: t\nbase: BASE\naxes: [{key: hardware.mesh, values: [4, 0]}]\n";
  for (const auto& error : run_on(3, yaml, "a.sqlite")) {
    EXPECT_THAT(text_of(error), HasSubstr("[hardware.mesh] got 0"));
    EXPECT_THROW(std::rethrow_exception(error), core::UserError);
  }
}

TEST_F(RanksTest, ARankThatCannotStartIsNamed) {
  const auto errors = run_on(2, kSweep, "a.sqlite", [](int rank, SweepOptions& options) {
    if (rank == 1) options.overrides = {"hardware.mesh=0"};
  });
  EXPECT_THAT(text_of(errors[0]), HasSubstr("rank 1: [hardware.mesh] got 0"));
  EXPECT_THAT(text_of(errors[1]), HasSubstr("rank 1: [hardware.mesh] got 0"));
}

TEST(Letters, HoldWhatWasPutIntoThem) {
  const TrialLetter trial{.thread = 3,
                          .simulation = 70000,
                          .at = {.settings = {"4", "0.5 Gbit/s"},
                                 .lane_rate = "250 bit/s",
                                 .preset = 1,
                                 .variant = 2,
                                 .fidelity = Fidelity::kAnalytic},
                          .hash = "0123456789abcdef"};
  const TrialLetter read = trial_from(pack(trial));
  EXPECT_EQ(read.thread, 3U);
  EXPECT_EQ(read.simulation, 70000U);
  EXPECT_EQ(read.at.settings, trial.at.settings);
  EXPECT_EQ(read.at.lane_rate, "250 bit/s");
  EXPECT_EQ(read.at.preset, 1U);
  EXPECT_EQ(read.at.variant, 2U);
  EXPECT_EQ(read.at.fidelity, Fidelity::kAnalytic);
  EXPECT_EQ(read.hash, trial.hash);
  Letter damaged = pack(trial);
  damaged.resize(damaged.size() - 4);
  EXPECT_THROW(trial_from(damaged), core::ContractViolation);
  EXPECT_THROW(result_from(pack(trial)), core::ContractViolation);
  EXPECT_FALSE(end_from(pack(End{})).error);
}

}  // namespace
}  // namespace ranvier::sweep
