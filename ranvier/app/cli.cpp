#include "ranvier/app/cli.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/interrupt.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>

namespace ranvier::app {
namespace {

int code(core::ExitCode exit_code) { return static_cast<int>(exit_code); }

void add_common(CLI::App& app, Common& common, std::string& format) {
  app.add_option("--seed", common.seed, "Seed of everything random [1]");
  app.add_option("--format", format, "text or json [text]")->check(CLI::IsMember({"text", "json"}));
  app.add_flag("--quiet", common.quiet, "Errors only on stderr");
}

std::string first_free_word(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] != '-') return argv[i];
  }
  return {};
}

/// Flags the chosen command knows, to name the nearest one for a typo.
std::vector<std::string> known_flags(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) names.push_back(option->get_name());
  return names;
}

int report_parse_error(const CLI::App& root, const CLI::ParseError& error, int argc, char** argv) {
  const std::string word = first_free_word(argc, argv);
  const CLI::App* chosen = nullptr;
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    names.emplace_back(command.name);
    if (word == command.name) chosen = root.get_subcommand(word);
  }
  if (chosen == nullptr) {
    const std::string near = word.empty() ? "" : core::nearest_name(word, names);
    fmt::print(stderr, "[command] got {}, need one of {}.{}\n", word.empty() ? "nothing" : word,
               fmt::join(names, ", "), near.empty() ? "" : " Did you mean '" + near + "'?");
    return code(core::ExitCode::kUserError);
  }
  std::string hint;
  for (int i = 2; i < argc; ++i) {
    const std::string flag = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    const auto flags = known_flags(*chosen);
    if (flag.rfind("--", 0) != 0 || std::count(flags.begin(), flags.end(), flag) > 0) continue;
    const std::string near = core::nearest_name(flag, flags);
    if (!near.empty()) hint = fmt::format(" '{}': did you mean '{}'?", flag, near);
  }
  fmt::print(stderr, "[ranvier {}] {}.{} See ranvier {} --help.\n", word, error.what(), hint, word);
  return code(core::ExitCode::kUserError);
}

int run_action(const std::function<void()>& action) {
  try {
    action();
    return code(core::ExitCode::kOk);
  } catch (const core::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return code(error.exit_code());
  } catch (const core::ContractViolation& error) {
    fmt::print(stderr, "defect in ranvier, please report it: {}\n", error.what());
    return code(core::ExitCode::kRunFailed);
  } catch (const std::exception& error) {
    fmt::print(stderr, "the run failed: {}\n", error.what());
    return code(core::ExitCode::kRunFailed);
  }
}

void start_logging(const Common& common) {
  auto logger = std::make_shared<spdlog::logger>(
      "ranvier", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern("%H:%M:%S %^%l%$ %v");
  logger->set_level(common.quiet ? spdlog::level::err : spdlog::level::info);
  spdlog::set_default_logger(logger);
}

}  // namespace

int main_with(int argc, char** argv) {
  CLI::App root(
      "ranvier: learned spikes at the die boundary, dense arithmetic inside each die.\n"
      "Trains a network, maps it onto chips, simulates it cycle by cycle and prices every event.");
  root.require_subcommand(1);
  root.set_version_flag("--version", std::string("ranvier ") + RANVIER_VERSION);
  Common common;
  std::string format = "text";
  std::function<void()> action;
  for (const Command& command : commands()) {
    CLI::App* sub = root.add_subcommand(std::string(command.name), std::string(command.summary));
    add_common(*sub, common, format);
    command.attach(*sub, common, action);
  }
  try {
    root.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return root.exit(success);
  } catch (const CLI::ParseError& error) {
    return report_parse_error(root, error, argc, argv);
  }
  common.json = format == "json";
  start_logging(common);
  core::install_interrupt_handler();
  return run_action(action);
}

}  // namespace ranvier::app
