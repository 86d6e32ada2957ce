#pragma once
// The database of a sweep: what was asked, what was simulated, what it cost. Every SQL statement of
// ranvier is in store.cpp and store_merge.cpp; the tables are explained in docs/models/sweep.md.

#include "ranvier/sqlite/database.hpp"
#include "ranvier/sweep/identity.hpp"
#include "ranvier/sweep/measure.hpp"
#include "ranvier/sweep/plan.hpp"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace ranvier::sweep {

enum class State : uint8_t {
  kOpen,  // not evaluated yet
  kDone,
  kRefused,  // a configuration error: nothing to gain from trying again
  kFailed,   // the run itself failed; tried again by the next sweep
};
std::string_view to_string(State state);

/// A point of the plan: its settings and what it is called.
struct PlannedPoint {
  int64_t position = 0;
  std::string hash;
  Assignment settings;
};

/// A simulation as stored; `measured` only where it is done.
struct SimulationRecord {
  std::string hash;
  std::string variant;
  std::string preset;
  Fidelity fidelity = Fidelity::kCycle;
  std::string configuration;  // what the hash names
  State state = State::kOpen;
  std::string message;
  std::optional<Measurement> measured;
  double seconds = 0;  // a fact about the machine, no result
};

/// One priced variant of a point under one preset.
struct ResultRecord {
  std::string variant;
  std::string preset;
  std::string simulation;
  std::string prices;  // hash of the prices
  Metrics metrics;
  int64_t parameters = 0;  // of the network
  double link_gbps = 0;    // per direction of a chip side
  double link_pj_per_bit = 0;
  double energy_uj = 0;
  double average_watts = 0;
  std::string energy_parts_uj;  // parts_text
};

struct PointRecord {
  std::string hash;
  std::string source;  // the trained run: its training hash, or that of its bundles
  State state = State::kOpen;
  std::string message;
  std::vector<ResultRecord> results;
};

/// The energy of a variant as a line in the price of a link bit, at one link rate.
struct LinkCurve {
  std::string source;
  std::string variant;
  std::string preset;
  double gbps = 0;
  std::string simulation;
  double latency_us = 0;
  double fixed_uj = 0;
  double link_bits = 0;  // paid for, idle share included
};

class Store {
 public:
  /// Makes the file, or continues one. Errors: UserError (key --out) for another kind of file and
  /// for a database of another schema.
  static Store create(const std::filesystem::path& path);
  /// Errors: UserError (key FILE) when it is missing or no sweep.
  static Store open(const std::filesystem::path& path);

  /// What is wanted now; what was found before stays.
  void set_plan(const SweepSpec& spec, const std::vector<PlannedPoint>& points);
  /// What metric_deployed is: accuracy_percent or bits_per_byte.
  void set_metric(const std::string& metric);

  struct Outcome {
    State state = State::kOpen;
    std::string message;
  };
  Outcome point_outcome(const std::string& hash);
  /// Whether the break-even links of a trained run were evaluated.
  bool links_done(const std::string& source);
  void set_links_done(const std::string& source);
  /// Done and refused ones; a failed one counts as never run.
  std::optional<SimulationRecord> find(const std::string& simulation);

  /// Each in the transaction that is open, if any.
  /// `ledger`: its measurement's, as ledger_text gives it.
  void save(const SimulationRecord& simulation, const std::string& ledger);
  void save(const PointRecord& point);
  void save(const LinkCurve& curve);
  void save(const Identity& configuration);
  sqlite::Transaction transaction() { return sqlite::Transaction(database_); }

  sqlite::Database& database() { return database_; }

  /// Adds what `part` has found. Errors: UserError when it is a sweep with another plan.
  void merge(const std::filesystem::path& part);

 private:
  explicit Store(sqlite::Database database);
  sqlite::Statement& statement(const char* sql);
  void read_known();
  sqlite::Database database_;
  std::optional<std::unordered_set<std::string>> known_;  // simulations that find() would return
  std::deque<std::pair<const char*, sqlite::Statement>> statements_;  // prepared once
};

/// Ledger as {"event": count}; events that never happened are left out.
std::string ledger_text(const core::Ledger& ledger);
core::Ledger ledger_from(const std::string& text);
/// Energy by part as {"part": microjoules}.
std::string parts_text(const cost::PricedLedger& priced);

}  // namespace ranvier::sweep
