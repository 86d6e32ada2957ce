// One database out of several shards of the same sweep.

#include "ranvier/core/error.hpp"
#include "ranvier/sweep/store.hpp"

#include <fmt/format.h>

namespace ranvier::sweep {
namespace {

/// Everything that two shards of one sweep share, as one text.
std::string plan_of(sqlite::Database& database) {
  std::string text;
  sqlite::Statement facts = database.prepare(
      "SELECT key, value FROM sweep WHERE key IN ('schema', 'name', 'fidelity') ORDER BY key");
  while (facts.step()) text += facts.text(0) + "=" + facts.text(1) + "\n";
  sqlite::Statement points = database.prepare("SELECT position, point FROM plan ORDER BY position");
  while (points.step()) text += fmt::format("{} {}\n", points.integer(0), points.text(1));
  return text;
}

bool has_plan(sqlite::Database& database) {
  sqlite::Statement count = database.prepare("SELECT count(*) FROM plan");
  return count.step() && count.integer(0) > 0;
}

// A result found anywhere stays; a failure gives way to a result.
constexpr const char* kMerge = R"sql(
INSERT OR IGNORE INTO main.sweep SELECT * FROM part.sweep;
INSERT OR IGNORE INTO main.configurations SELECT * FROM part.configurations;
INSERT OR REPLACE INTO main.simulations SELECT * FROM part.simulations AS p
  WHERE NOT EXISTS (SELECT 1 FROM main.simulations AS m
                    WHERE m.hash = p.hash AND (m.state <> 'failed' OR p.state = 'failed'));
INSERT OR REPLACE INTO main.results SELECT * FROM part.results AS p
  WHERE NOT EXISTS (SELECT 1 FROM main.points AS m
                    WHERE m.hash = p.point AND m.state <> 'failed');
INSERT OR REPLACE INTO main.points SELECT * FROM part.points AS p
  WHERE NOT EXISTS (SELECT 1 FROM main.points AS m
                    WHERE m.hash = p.hash AND (m.state <> 'failed' OR p.state = 'failed'));
INSERT OR IGNORE INTO main.links SELECT * FROM part.links;
)sql";

constexpr const char* kCopyPlan = R"sql(
INSERT OR REPLACE INTO main.sweep SELECT * FROM part.sweep;
INSERT INTO main.axes SELECT * FROM part.axes;
INSERT INTO main.plan SELECT * FROM part.plan;
INSERT INTO main.settings SELECT * FROM part.settings;
)sql";

}  // namespace

void Store::merge(const std::filesystem::path& part) {
  Store other = Store::open(part);
  const bool first = !has_plan(database_);
  if (!first && plan_of(database_) != plan_of(other.database_)) {
    throw core::UserError({.key = "FILE",
                           .given = "'" + part.string() + "', another sweep",
                           .allowed = "shards of one sweep file",
                           .place = {},
                           .hint = "Their points differ."});
  }
  statements_.clear();
  known_.reset();
  database_.prepare("ATTACH DATABASE ? AS part").bind(0, part.string()).run();
  {
    sqlite::Transaction all(database_);
    if (first) database_.execute(kCopyPlan);
    database_.execute(kMerge);
    all.commit();
  }
  database_.execute("DETACH DATABASE part");
}

}  // namespace ranvier::sweep
