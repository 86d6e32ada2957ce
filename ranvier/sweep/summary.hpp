#pragma once
// Result files of one experiment: summary.json (schema 1), ledger.json and the CSV tables.

#include "ranvier/ir/link_loss.hpp"
#include "ranvier/sweep/results.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ranvier::sweep {

/// Variants that every spiking variant is compared with, in this order, before the other dense ones
/// of its experiment.
std::vector<std::string> baseline_names();

/// summary.json, schema 1. Ratios are baseline / variant: above 1 means the variant is better.
/// `losses`: of the variants and presets that were scored with what lossy links left of values.
std::string summary_json(const ExperimentResult& result,
                         const std::vector<ir::LossScore>& losses = {});

/// {"schema":1,"variants":{variant:{preset:{total_pj, lines:[...]}}}}, every line with its source.
std::string ledger_json(const ExperimentResult& result);

/// layers.csv, links.csv, link_errors.csv, mesh_links.csv, routers.csv, boundaries.csv: one row
/// each, units in the header.
void write_tables(const ExperimentResult& result, const std::filesystem::path& directory);

}  // namespace ranvier::sweep
