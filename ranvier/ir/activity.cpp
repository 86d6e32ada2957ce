#include "ranvier/ir/activity.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/hdf5/file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>
#include <string>

namespace ranvier::ir {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kActivitySchema = 1;
constexpr int64_t kAny = -1;
constexpr std::string_view kAssumed = "assumed";

using Dims = std::vector<int64_t>;

void check_names(const Activity& activity) {
  const auto good = [](const std::string& name) {
    return !name.empty() && name != "." && name.find('/') == std::string::npos;
  };
  for (const auto& [name, unused] : activity.boundaries)
    RANVIER_CONTRACT(good(name), "a boundary has a name without '/'");
  for (const auto& [name, unused] : activity.layer_spikes)
    RANVIER_CONTRACT(good(name), "a layer has a name without '/'");
}

/// Symbols of small alphabets, which is nearly all of them, take one byte.
void write_symbols(hdf5::Writer& file, const std::string& path, const Dims& dims,
                   const std::vector<int16_t>& symbols) {
  using Small = std::numeric_limits<int8_t>;
  const auto [low, high] = std::minmax_element(symbols.begin(), symbols.end());
  if (*low >= Small::min() && *high <= Small::max()) {
    const std::vector<int8_t> narrow(symbols.begin(), symbols.end());
    file.dataset<int8_t>(path, dims, narrow);
  } else {
    file.dataset<int16_t>(path, dims, symbols);
  }
}

void write_boundary(hdf5::Writer& file, const std::string& group, int64_t samples,
                    const BoundaryActivity& boundary) {
  RANVIER_CONTRACT(boundary.value.empty() ? boundary.current.empty() : true,
                   "a boundary with currents has values");
  const Dims plane{samples, boundary.elements};
  file.group(group);
  if (!boundary.current.empty()) file.dataset<int16_t>(group + "/current", plane, boundary.current);
  write_symbols(file, group + "/symbols", {samples, boundary.steps, boundary.elements},
                boundary.symbols);
  if (!boundary.value.empty()) file.dataset<int32_t>(group + "/value", plane, boundary.value);
}

void write_to(hdf5::Writer& file, const Activity& activity) {
  const int64_t samples = activity.samples;
  file.attribute("schema", kActivitySchema);
  file.attribute("variant", activity.variant);
  file.attribute("samples", samples);
  if (activity.assumed) file.attribute("origin", std::string(kAssumed));
  file.dataset<int32_t>("/labels", Dims{samples}, activity.labels);
  file.dataset<int32_t>("/predictions", Dims{samples}, activity.predictions);
  file.group("/boundaries");
  for (const auto& [name, boundary] : activity.boundaries) {
    write_boundary(file, "/boundaries/" + name, samples, boundary);
  }
  if (activity.layer_spikes.empty()) return;
  file.group("/layers");
  for (const auto& [name, spikes] : activity.layer_spikes) {
    const int64_t neurons = static_cast<int64_t>(spikes.size()) / (samples * activity.steps);
    file.group("/layers/" + name);
    file.dataset<uint8_t>("/layers/" + name + "/spikes", Dims{samples, activity.steps, neurons},
                          spikes);
  }
}

/// Refuses anything in `group` that schema 1 does not have there.
void require_members(const hdf5::Reader& file, const std::string& group,
                     const std::vector<std::string>& known) {
  for (const std::string& name : file.members(group)) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    file.refuse((group == "/" ? "" : group) + "/" + name, "an unknown name",
                fmt::format("one of {}", fmt::join(known, ", ")));
  }
}

/// The dimensions of `dataset`, which must match `expected` where that is not kAny.
Dims require_dims(const hdf5::Reader& file, const std::string& dataset, const Dims& expected) {
  const Dims found = file.dims(dataset);
  bool match = found.size() == expected.size();
  for (size_t i = 0; match && i < found.size(); ++i) {
    match = expected[i] == kAny || found[i] == expected[i];
  }
  if (match) return found;
  std::vector<std::string> wanted;
  for (const int64_t dim : expected) wanted.push_back(dim == kAny ? "any" : fmt::to_string(dim));
  file.refuse(dataset, fmt::format("dimensions [{}]", fmt::join(found, ", ")),
              fmt::format("[{}]", fmt::join(wanted, ", ")));
}

int narrow(const hdf5::Reader& file, const std::string& inside, int64_t value) {
  constexpr int64_t kMost = std::numeric_limits<int>::max();
  if (value < 1 || value > kMost)
    file.refuse(inside, fmt::to_string(value), fmt::format("1..{}", kMost));
  return static_cast<int>(value);
}

BoundaryActivity read_boundary(const hdf5::Reader& file, const std::string& group,
                               int64_t samples) {
  require_members(file, group, {"current", "symbols", "value"});
  BoundaryActivity boundary;
  const std::string symbols = group + "/symbols";
  const Dims dims = require_dims(file, symbols, {samples, kAny, kAny});
  boundary.steps = narrow(file, symbols, dims[1]);
  boundary.elements = narrow(file, symbols, dims[2]);
  boundary.symbols = file.read<int16_t>(symbols);
  const bool spikes_of_neurons = !file.has(group + "/current") && !file.has(group + "/value");
  if (spikes_of_neurons) return boundary;
  if (file.has(group + "/current")) {
    require_dims(file, group + "/current", {samples, boundary.elements});
    boundary.current = file.read<int16_t>(group + "/current");
  }
  require_dims(file, group + "/value", {samples, boundary.elements});
  boundary.value = file.read<int32_t>(group + "/value");
  return boundary;
}

void read_layers(const hdf5::Reader& file, Activity& activity) {
  int64_t steps = kAny;
  for (const std::string& name : file.members("/layers")) {
    require_members(file, "/layers/" + name, {"spikes"});
    const std::string path = "/layers/" + name + "/spikes";
    steps = require_dims(file, path, {activity.samples, steps, kAny})[1];
    auto& spikes = activity.layer_spikes[name] = file.read<uint8_t>(path);
    if (std::any_of(spikes.begin(), spikes.end(), [](uint8_t spike) { return spike > 1; })) {
      file.refuse(path, "a value above 1", "spikes, each 0 or 1");
    }
  }
  if (steps != kAny) activity.steps = narrow(file, "/layers", steps);
}

std::vector<int32_t> read_classes(const hdf5::Reader& file, const std::string& dataset,
                                  int64_t samples) {
  require_dims(file, dataset, {samples});
  return file.read<int32_t>(dataset);
}

}  // namespace

Activity read_activity(const fs::path& path) {
  const hdf5::Reader file(path, {"activity", "recorded activity", "ranvier train"});
  const int64_t schema = file.integer_attribute("schema");
  if (schema != kActivitySchema)
    file.refuse("@schema", fmt::to_string(schema), fmt::to_string(kActivitySchema));
  require_members(file, "/", {"labels", "predictions", "boundaries", "layers"});
  Activity activity;
  activity.variant = file.text_attribute("variant");
  if (file.has_attribute("origin")) {
    const std::string origin = file.text_attribute("origin");
    if (origin != kAssumed) file.refuse("@origin", origin, std::string(kAssumed) + ", or nothing");
    activity.assumed = true;
  }
  activity.samples = narrow(file, "@samples", file.integer_attribute("samples"));
  activity.labels = read_classes(file, "/labels", activity.samples);
  activity.predictions = read_classes(file, "/predictions", activity.samples);
  for (const std::string& name : file.members("/boundaries")) {
    activity.boundaries[name] = read_boundary(file, "/boundaries/" + name, activity.samples);
  }
  if (file.has("/layers")) read_layers(file, activity);
  return activity;
}

void write_activity(const Activity& activity, const fs::path& path) {
  RANVIER_CONTRACT(activity.samples > 0 && activity.steps > 0, "an activity has samples");
  check_names(activity);
  core::write_atomic(path, [&](const fs::path& temporary) {
    hdf5::Writer file(temporary);
    write_to(file, activity);
    file.close();
  });
}

}  // namespace ranvier::ir
