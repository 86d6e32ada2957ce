// `ranvier describe [component]`: every parameter with unit, default, range and source.

#include "ranvier/app/commands.hpp"
#include "ranvier/arch/package.hpp"
#include "ranvier/config/values.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/core/ledger.hpp"
#include "ranvier/cost/price.hpp"
#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/plan.hpp"
#include "ranvier/train/settings.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ranvier::app {
namespace {

std::vector<config::Field> matching(const std::string& component) {
  if (component == "sweep") {
    const auto keys = sweep::sweep_schema();
    return {keys.begin(), keys.end()};
  }
  const auto all = sweep::full_schema(train::training_schema());
  std::vector<config::Field> fields;
  for (const auto& field : all) {
    const std::string_view key = field.key;
    const bool inside = key.size() > component.size() && key[component.size()] == '.';
    if (component.empty() || key == component || (key.rfind(component, 0) == 0 && inside)) {
      fields.push_back(field);
    }
  }
  return fields;
}

std::vector<std::string> components() {
  std::vector<std::string> names;
  for (const auto& field : sweep::full_schema(train::training_schema())) {
    const std::string key(field.key);
    for (size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', dot + 1)) {
      const std::string name = key.substr(0, dot);
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

void print_events(bool json) {
  auto list = nlohmann::ordered_json::array();
  for (size_t i = 0; i < core::kEventKinds; ++i) {
    const auto& info = core::event_info(static_cast<core::Event>(i));
    list.push_back({{"event", info.name}, {"unit", info.unit}, {"doc", info.doc}});
    if (!json) fmt::print("{:<24} {:<14} {}\n", info.name, info.unit, info.doc);
  }
  if (json) fmt::print("{}\n", list.dump(2));
}

void describe(const std::string& component, const Common& common) {
  if (component == "events") return print_events(common.json);
  const auto fields = matching(component);
  if (fields.empty()) {
    auto names = components();
    names.insert(names.end(), {"events", "sweep"});
    const std::string near = core::nearest_name(component, names);
    throw core::UserError({.key = "component",
                           .given = "'" + component + "'",
                           .allowed = fmt::format("one of {}", fmt::join(names, ", ")),
                           .place = {},
                           .hint = near.empty() ? "" : "Did you mean '" + near + "'?"});
  }
  if (!common.json) {
    fmt::print("{}", config::describe(component.empty() ? "every key" : component, fields));
    return;
  }
  auto list = nlohmann::ordered_json::array();
  for (const auto& field : fields) {
    list.push_back({{"key", field.key},
                    {"unit", field.unit},
                    {"default", field.fallback},
                    {"allowed", field.allowed},
                    {"doc", field.doc},
                    {"source", field.source}});
  }
  fmt::print("{}\n", list.dump(2));
}

}  // namespace

void attach_describe(CLI::App& app, const Common& common, std::function<void()>& action) {
  auto component = std::make_shared<std::string>();
  app.add_option("component", *component,
                 "a key or its prefix: hardware.router, cost, train; events; sweep [everything]");
  app.callback([component, &common, &action] {
    action = [component, &common] { describe(*component, common); };
  });
}

}  // namespace ranvier::app
