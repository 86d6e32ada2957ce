#include "ranvier/report/sweep_page.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/report/assets.hpp"
#include "ranvier/report/page.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace ranvier::report {
namespace {

using nlohmann::json;

constexpr std::array kKeys = {"name", "base",    "fidelity", "metric", "x",   "y",
                              "axes", "columns", "rows",     "links",  "file"};

void check_table(const json& table, const std::filesystem::path& path) {
  const bool is_table = table.is_object() && table.value("schema", 0) == 1;
  for (const char* key : kKeys) {
    if (is_table && table.contains(key)) continue;
    throw core::UserError({.key = "sweep table",
                           .given = is_table ? std::string("no '") + key + "'" : "something else",
                           .allowed = "the table of a sweep, schema 1",
                           .place = path.string(),
                           .hint = {}});
  }
}

}  // namespace

void write_sweep_page(const std::string& table, const std::string& title,
                      const std::filesystem::path& path) {
  check_table(json::parse(table, nullptr, false), path);
  core::write_file_atomic(path, fill_template(kSweepHtml, {{"title", escape_html(title)},
                                                           {"data", escape_script_json(table)},
                                                           {"app", std::string(kSweepJs)}}));
}

}  // namespace ranvier::report
