#pragma once
// A sweep over a small trained run, on one process or on ranks that are threads of it.

#include "ranvier/core/file.hpp"
#include "ranvier/sweep/result_table.hpp"
#include "ranvier/sweep/runner.hpp"
#include "ranvier/sweep/test_run.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace ranvier::sweep::testing {

inline constexpr const char* kSweep =
    "name: small\nbase: BASE\naxes:\n"
    "  - {key: hardware.serdes.lanes, values: [1, 4]}\n"
    "  - {key: cost.d2d_bit, values: [1 pJ/bit, 2 pJ/bit]}\n";
inline constexpr int64_t kVariants = 4;
inline constexpr int64_t kPresets = 2;
inline constexpr int64_t kLinkRates = 21;  // five decades in quarters

inline std::span<const config::Field> training() {
  static const config::Field fields[]{
      {.key = "train.epochs", .kind = config::Kind::kInteger, .fallback = "3"},
      {.key = "variants.*.wire", .kind = config::Kind::kText, .fallback = ""}};
  return fields;
}

class SweepTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    directory_ = std::filesystem::path(::testing::TempDir()) /
                 ("points_" + std::to_string(getpid()) + "_" + std::string(test->name()));
    std::filesystem::remove_all(directory_);
    write_test_run(directory_ / "run");
    fields_ = full_schema(training());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  SweepSpec spec(std::string yaml) const {
    const std::string base = (directory_ / "run").string();
    for (size_t at = yaml.find("BASE"); at != std::string::npos; at = yaml.find("BASE")) {
      yaml.replace(at, 4, base);
    }
    core::write_file_atomic(directory_ / "sweep.yaml", yaml);
    return load_sweep(directory_ / "sweep.yaml", {}, fields_);
  }

  SweepOutcome run(const std::string& yaml, const std::string& database,
                   SweepOptions options = {}) {
    Store store = Store::create(directory_ / database);
    options.training = training();
    options.runs = directory_ / "runs";
    options.quiet = true;
    return run_sweep(spec(yaml), options, store);
  }

  static SweepOptions with_jobs(int jobs) {
    SweepOptions options;
    options.jobs = jobs;
    return options;
  }
  /// One of three.
  static SweepOptions with_shard(int shard) {
    SweepOptions options;
    options.shard = shard;
    options.shards = 3;
    return options;
  }

  ResultTable table(const std::string& database) const {
    Store store = Store::open(directory_ / database);
    ResultTable all = read_table(store);
    mark_front(all, all.x, all.y);
    return all;
  }

  std::string csv(const std::string& database) const { return to_csv(table(database)); }

  std::filesystem::path directory_;
  std::vector<config::Field> fields_;
};

/// Text of every table, times left out.
inline std::string content(const std::filesystem::path& path) {
  sqlite::Database database(path, sqlite::Mode::kRead, "FILE");
  std::string text;
  for (const auto& [name, columns] :
       {std::pair<const char*, const char*>{"plan", "position || point"},
        {"settings", "position || axis || text || number"},
        {"configurations", "hash || text"},
        {"simulations", "hash || state || message || latency_s || ledger || wire_format"},
        {"points", "hash || source || state || message"},
        {"results", "point || variant || preset || simulation || energy_uj || energy_parts_uj"},
        {"links", "source || variant || preset || gbps || latency_us || fixed_uj || link_bits"}}) {
    auto rows = database.prepare("SELECT " + std::string(columns) + " FROM " + name);
    while (rows.step()) text += std::string(name) + ": " + rows.text(0) + "\n";
  }
  return text;
}

}  // namespace ranvier::sweep::testing
