#include "ranvier/sweep/store.hpp"

#include "ranvier/config/quantity_text.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/core/quantity.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>

namespace ranvier::sweep {
namespace fs = std::filesystem;
namespace {

using sqlite::Statement;

constexpr int64_t kSchema = 1;

// WITHOUT ROWID: the order of the rows is that of their keys, whoever wrote first.
constexpr const char* kTables = R"sql(
CREATE TABLE IF NOT EXISTS sweep(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS axes(
  position INTEGER PRIMARY KEY, key TEXT NOT NULL, unit TEXT NOT NULL, log INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS plan(position INTEGER PRIMARY KEY, point TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS settings(
  position INTEGER NOT NULL, axis INTEGER NOT NULL, text TEXT NOT NULL, number REAL,
  PRIMARY KEY(position, axis)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS configurations(hash TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS simulations(
  hash TEXT PRIMARY KEY, variant TEXT NOT NULL, preset TEXT NOT NULL, fidelity TEXT NOT NULL,
  state TEXT NOT NULL, message TEXT NOT NULL,
  latency_s REAL, latency_analytic_s REAL, congested INTEGER, samples INTEGER, ledger TEXT,
  bits_per_activation REAL, wire_format TEXT, chips INTEGER, cores INTEGER,
  seconds REAL, finished_at TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS points(
  hash TEXT PRIMARY KEY, source TEXT NOT NULL, state TEXT NOT NULL, message TEXT NOT NULL,
  finished_at TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS results(
  point TEXT NOT NULL, variant TEXT NOT NULL, preset TEXT NOT NULL, simulation TEXT NOT NULL,
  prices TEXT NOT NULL, metric_deployed REAL, metric_float REAL, events_per_neuron REAL,
  boundary_neurons INTEGER, parameters INTEGER, link_gbps REAL, link_pj_per_bit REAL,
  energy_uj REAL, average_watts REAL, energy_parts_uj TEXT,
  PRIMARY KEY(point, variant, preset)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS links(
  source TEXT NOT NULL, variant TEXT NOT NULL, preset TEXT NOT NULL, gbps REAL NOT NULL,
  simulation TEXT NOT NULL, latency_us REAL, fixed_uj REAL, link_bits REAL,
  PRIMARY KEY(source, variant, preset, gbps)) WITHOUT ROWID;
)sql";

State state_of(const std::string& text) {
  for (const State state : {State::kDone, State::kRefused, State::kFailed}) {
    if (text == to_string(state)) return state;
  }
  return State::kOpen;
}

int64_t schema_of(sqlite::Database& database) {
  Statement table = database.prepare(
      "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('sweep', 'plan')");
  if (!table.step() || table.integer(0) != 2) return 0;
  Statement row = database.prepare("SELECT value FROM sweep WHERE key = 'schema'");
  return row.step() ? std::atoll(row.text(0).c_str()) : 0;
}

bool is_empty(sqlite::Database& database) {
  Statement count = database.prepare("SELECT count(*) FROM sqlite_schema");
  return count.step() && count.integer(0) == 0;
}

void require_schema(sqlite::Database& database, std::string_view key) {
  const int64_t schema = schema_of(database);
  if (schema == kSchema) return;
  throw core::UserError({.key = std::string(key),
                         .given = schema == 0 ? "a database that holds no sweep"
                                              : fmt::format("a sweep of schema {}", schema),
                         .allowed = fmt::format("a sweep of schema {}", kSchema),
                         .place = database.path().string(),
                         .hint = "Name another file."});
}

/// The number behind a setting, in the base unit of its key; none for texts and lists.
std::optional<double> number_of(const Axis& axis, const std::string& text) {
  using config::Kind;
  if (axis.field->kind == Kind::kQuantity) {
    return config::parse_quantity(text, axis.field->unit, axis.key, axis.place);
  }
  if (axis.field->kind == Kind::kInteger || axis.field->kind == Kind::kReal) {
    return config::parse_decimal(text);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(State state) {
  constexpr std::array<std::string_view, 4> names = {"open", "done", "refused", "failed"};
  return names[static_cast<size_t>(state)];
}

std::string ledger_text(const core::Ledger& ledger) {
  nlohmann::json counts = nlohmann::json::object();
  for (size_t i = 0; i < core::kEventKinds; ++i) {
    const auto event = static_cast<core::Event>(i);
    if (ledger[event] != 0) counts[std::string(core::event_info(event).name)] = ledger[event];
  }
  return counts.dump();
}

core::Ledger ledger_from(const std::string& text) {
  const nlohmann::json counts = nlohmann::json::parse(text);
  core::Ledger ledger;
  for (size_t i = 0; i < core::kEventKinds; ++i) {
    const auto event = static_cast<core::Event>(i);
    ledger.add(event, counts.value(std::string(core::event_info(event).name), int64_t{0}));
  }
  return ledger;
}

std::string parts_text(const cost::PricedLedger& priced) {
  nlohmann::json parts = nlohmann::json::object();
  for (const auto& [part, pj] : priced.parts_pj) parts[part] = pj / core::kPicojoulesPerMicrojoule;
  return parts.dump();
}

Store::Store(sqlite::Database database) : database_(std::move(database)) {}

Store Store::create(const fs::path& path) {
  sqlite::Database database(path, sqlite::Mode::kCreate, "--out");
  if (is_empty(database)) {
    sqlite::Transaction transaction(database);
    database.execute(kTables);
    database.prepare("INSERT OR REPLACE INTO sweep VALUES('schema', ?)")
        .bind(0, fmt::format("{}", kSchema))
        .run();
    transaction.commit();
  }
  require_schema(database, "--out");
  return Store(std::move(database));
}

Store Store::open(const fs::path& path) {
  sqlite::Database database(path, sqlite::Mode::kRead, "FILE");
  require_schema(database, "FILE");
  return Store(std::move(database));
}

Statement& Store::statement(const char* sql) {
  for (auto& [text, prepared] : statements_) {
    if (text == sql) return prepared;
  }
  return statements_.emplace_back(sql, database_.prepare(sql)).second;
}

void Store::set_metric(const std::string& metric) {
  database_.prepare("INSERT OR REPLACE INTO sweep VALUES('metric', ?)").bind(0, metric).run();
}

void Store::set_plan(const SweepSpec& spec, const std::vector<PlannedPoint>& points) {
  sqlite::Transaction all = transaction();
  database_.execute("DELETE FROM axes; DELETE FROM plan; DELETE FROM settings;");
  const std::array<std::pair<const char*, std::string>, 6> facts{
      {{"name", spec.name},
       {"base", spec.base.string()},
       {"fidelity", std::string(to_string(spec.fidelity))},
       {"pareto.x", spec.x},
       {"pareto.y", spec.y},
       {"file", spec.text}}};
  Statement fact = database_.prepare("INSERT OR REPLACE INTO sweep VALUES(?, ?)");
  for (const auto& [key, value] : facts) fact.bind(0, key).bind(1, value).run();
  Statement axis = database_.prepare("INSERT INTO axes VALUES(?, ?, ?, ?)");
  for (size_t a = 0; a < spec.axes.size(); ++a) {
    const bool quantity = spec.axes[a].field->kind == config::Kind::kQuantity;
    axis.bind(0, static_cast<int64_t>(a))
        .bind(1, spec.axes[a].key)
        .bind(2, quantity ? spec.axes[a].field->unit : std::string_view{})
        .bind(3, int64_t{spec.axes[a].log})
        .run();
  }
  Statement plan = database_.prepare("INSERT INTO plan VALUES(?, ?)");
  Statement setting = database_.prepare("INSERT INTO settings VALUES(?, ?, ?, ?)");
  for (const auto& point : points) {
    plan.bind(0, point.position).bind(1, point.hash).run();
    for (size_t a = 0; a < point.settings.size(); ++a) {
      setting.bind(0, point.position)
          .bind(1, static_cast<int64_t>(a))
          .bind(2, point.settings[a])
          .bind(3, number_of(spec.axes[a], point.settings[a]))
          .run();
    }
  }
  all.commit();
}

Store::Outcome Store::point_outcome(const std::string& hash) {
  Statement& row = statement("SELECT state, message FROM points WHERE hash = ?");
  row.bind(0, hash);
  Outcome outcome;
  if (row.step()) outcome = {state_of(row.text(0)), row.text(1)};
  row.reset();
  return outcome;
}

bool Store::links_done(const std::string& source) {
  Statement& row = statement("SELECT 1 FROM sweep WHERE key = ?");
  row.bind(0, "links of " + source);
  const bool done = row.step();
  row.reset();
  return done;
}

void Store::set_links_done(const std::string& source) {
  database_.prepare("INSERT OR REPLACE INTO sweep VALUES(?, 'done')")
      .bind(0, "links of " + source)
      .run();
}

/// A new sweep asks for thousands of simulations that are not there: they are told apart in memory.
void Store::read_known() {
  known_.emplace();
  Statement row = database_.prepare("SELECT hash FROM simulations WHERE state <> 'failed'");
  while (row.step()) known_->insert(row.text(0));
}

std::optional<SimulationRecord> Store::find(const std::string& simulation) {
  if (!known_) read_known();
  if (!known_->contains(simulation)) return std::nullopt;
  Statement& row = statement(
      "SELECT variant, preset, state, message, latency_s, latency_analytic_s, congested, samples, "
      "ledger, bits_per_activation, wire_format, chips, cores, fidelity FROM simulations "
      "WHERE hash = ? AND state <> 'failed'");
  row.bind(0, simulation);
  if (!row.step()) {
    row.reset();
    return std::nullopt;
  }
  SimulationRecord found{
      .hash = simulation,
      .variant = row.text(0),
      .preset = row.text(1),
      .fidelity = row.text(13) == "cycle" ? Fidelity::kCycle : Fidelity::kAnalytic,
      .configuration = {},
      .state = state_of(row.text(2)),
      .message = row.text(3),
      .measured = {}};
  if (found.state == State::kDone) {
    found.measured = Measurement{.latency_s = row.real(4),
                                 .latency_analytic_s = row.real(5),
                                 .congested = row.integer(6) != 0,
                                 .samples = static_cast<int>(row.integer(7)),
                                 .ledger = ledger_from(row.text(8)),
                                 .bits_per_activation = row.real(9),
                                 .wire = row.text(10),
                                 .chips = static_cast<int>(row.integer(11)),
                                 .cores = static_cast<int>(row.integer(12))};
  }
  row.reset();
  return found;
}

void Store::save(const Identity& configuration) {
  statement("INSERT OR IGNORE INTO configurations VALUES(?, ?)")
      .bind(0, configuration.hash)
      .bind(1, configuration.text)
      .run();
}

void Store::save(const SimulationRecord& simulation, const std::string& ledger) {
  if (known_ && simulation.state != State::kFailed) known_->insert(simulation.hash);
  save(Identity{simulation.hash, simulation.configuration});
  Statement& row = statement(
      "INSERT OR REPLACE INTO simulations VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))");
  row.bind(0, simulation.hash)
      .bind(1, simulation.variant)
      .bind(2, simulation.preset)
      .bind(3, to_string(simulation.fidelity))
      .bind(4, to_string(simulation.state))
      .bind(5, simulation.message)
      .bind(15, simulation.seconds);
  if (simulation.measured) {
    const Measurement& m = *simulation.measured;
    row.bind(6, m.latency_s)
        .bind(7, m.latency_analytic_s)
        .bind(8, int64_t{m.congested})
        .bind(9, int64_t{m.samples})
        .bind(10, ledger)
        .bind(11, m.bits_per_activation)
        .bind(12, m.wire)
        .bind(13, int64_t{m.chips})
        .bind(14, int64_t{m.cores});
  }
  row.run();
}

void Store::save(const PointRecord& point) {
  statement(
      "INSERT OR REPLACE INTO points VALUES(?, ?, ?, ?, "
      "strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))")
      .bind(0, point.hash)
      .bind(1, point.source)
      .bind(2, to_string(point.state))
      .bind(3, point.message)
      .run();
  for (const auto& r : point.results) {
    statement("INSERT OR REPLACE INTO results VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(0, point.hash)
        .bind(1, r.variant)
        .bind(2, r.preset)
        .bind(3, r.simulation)
        .bind(4, r.prices)
        .bind(5, r.metrics.metric_deployed)
        .bind(6, r.metrics.metric_float)
        .bind(7, r.metrics.events_per_neuron)
        .bind(8, r.metrics.boundary_neurons)
        .bind(9, r.parameters)
        .bind(10, r.link_gbps)
        .bind(11, r.link_pj_per_bit)
        .bind(12, r.energy_uj)
        .bind(13, r.average_watts)
        .bind(14, r.energy_parts_uj)
        .run();
  }
}

void Store::save(const LinkCurve& curve) {
  statement("INSERT OR REPLACE INTO links VALUES(?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(0, curve.source)
      .bind(1, curve.variant)
      .bind(2, curve.preset)
      .bind(3, curve.gbps)
      .bind(4, curve.simulation)
      .bind(5, curve.latency_us)
      .bind(6, curve.fixed_uj)
      .bind(7, curve.link_bits)
      .run();
}

}  // namespace ranvier::sweep
