#pragma once
// points.json of a sweep -> pictures of its trade-off curves, for documents.

#include <string>

namespace ranvier::report {

/// A self-contained SVG: the quality of every point over `x`, a logarithmic axis. `x` is a number
/// of the points, as "b" or "events_per_neuron", or one of a preset, as "energy_uj.paper45nm".
/// Points of one codec and format are joined; baselines are hollow. A point far below the best is
/// drawn at the lower edge with its value.
/// Errors: UserError for text that is no points.json (docs/models/sweep.md), for one without
/// points, and for an `x` that they do not have.
std::string tradeoff_svg(const std::string& points, const std::string& x, const std::string& title);

}  // namespace ranvier::report
