#pragma once
// One function per command; the table in registry.cpp is the only reader.

#include "ranvier/app/cli.hpp"

#include <functional>

namespace ranvier::app {

void attach_run(CLI::App& app, const Common& common, std::function<void()>& action);
void attach_train(CLI::App& app, const Common& common, std::function<void()>& action);
void attach_eval(CLI::App& app, const Common& common, std::function<void()>& action);
void attach_map(CLI::App& app, const Common& common, std::function<void()>& action);
void attach_simulate(CLI::App& app, const Common& common, std::function<void()>& action);
void attach_report(CLI::App& app, const Common& common, std::function<void()>& action);
void attach_sweep(CLI::App& app, const Common& common, std::function<void()>& action);
void attach_compare(CLI::App& app, const Common& common, std::function<void()>& action);
void attach_breakeven(CLI::App& app, const Common& common, std::function<void()>& action);
void attach_noc(CLI::App& app, const Common& common, std::function<void()>& action);
void attach_codec(CLI::App& app, const Common& common, std::function<void()>& action);
void attach_describe(CLI::App& app, const Common& common, std::function<void()>& action);
void attach_doctor(CLI::App& app, const Common& common, std::function<void()>& action);

}  // namespace ranvier::app
