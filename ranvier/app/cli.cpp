#include "ranvier/app/cli.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/interrupt.hpp"
#include "ranvier/mpi/world.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>

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

struct Failure {
  std::string text;
  core::ExitCode exit_code = core::ExitCode::kRunFailed;
};

/// Null when the action succeeded.
std::optional<Failure> failure_of(const std::function<void()>& action) {
  try {
    action();
    return std::nullopt;
  } catch (const core::Error& error) {
    return Failure{error.what(), error.exit_code()};
  } catch (const core::ContractViolation& error) {
    return Failure{fmt::format("defect in ranvier, please report it: {}", error.what())};
  } catch (const std::exception& error) {
    return Failure{fmt::format("the run failed: {}", error.what())};
  }
}

/// One message for an error that all ranks share; an error of one rank ends the others, too.
int report(const std::optional<Failure>& failure, mpi::World* world) {
  if (!failure) return code(core::ExitCode::kOk);
  if (world == nullptr) {
    fmt::print(stderr, "{}\n", failure->text);
  } else if (world->failed_everywhere()) {
    if (world->rank() == 0) fmt::print(stderr, "{}\n", failure->text);
  } else {
    fmt::print(stderr, "rank {}: {}\n", world->rank(), failure->text);
    world->abort(code(failure->exit_code));
  }
  return code(failure->exit_code);
}

/// Several ranks share trainings and simulations; they would only repeat everything else.
void require_shared(const CLI::App& root, const mpi::World* world) {
  if (world == nullptr) return;
  const CLI::App* command = root.get_subcommands().front();
  std::string name = command->get_name();
  if (!command->get_subcommands().empty()) {
    name += " " + command->get_subcommands().front()->get_name();
  }
  for (const char* shared : {"run", "train", "simulate", "sweep"}) {
    if (name == shared) return;
  }
  refuse_flag("mpirun -n", fmt::format("{} ranks for {}", world->ranks(), name),
              "several ranks with run, train, simulate and sweep only",
              "Other commands work on one process.");
}

void start_logging(const Common& common) {
  auto logger = std::make_shared<spdlog::logger>(
      "ranvier", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern("%H:%M:%S %^%l%$ %v");
  logger->set_level(common.quiet ? spdlog::level::err : spdlog::level::info);
  spdlog::set_default_logger(logger);
}

}  // namespace

void refuse_flag(std::string flag, std::string given, std::string allowed, std::string hint) {
  throw core::UserError({.key = std::move(flag),
                         .given = std::move(given),
                         .allowed = std::move(allowed),
                         .place = "the command line",
                         .hint = std::move(hint)});
}

namespace {

int parse_and_run(int argc, char** argv, mpi::World* world) {
  CLI::App root(
      "ranvier: learned spikes at the die boundary, dense arithmetic inside each die.\n"
      "Trains a network, maps it onto chips, simulates it cycle by cycle and prices every event.");
  root.require_subcommand(1);
  root.set_version_flag("--version", std::string("ranvier ") + RANVIER_VERSION);
  Common common;
  common.ranks = world;
  common.mail = world;
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
    return common.writes() ? root.exit(success) : code(core::ExitCode::kOk);
  } catch (const CLI::ParseError& error) {
    return common.writes() ? report_parse_error(root, error, argc, argv)
                           : code(core::ExitCode::kUserError);
  }
  common.json = format == "json";
  if (!common.writes()) common.quiet = true;
  start_logging(common);
  core::install_interrupt_handler();
  return report(failure_of([&] {
                  require_shared(root, world);
                  action();
                }),
                world);
}

}  // namespace

bool Common::writes() const { return ranks == nullptr || ranks->rank() == 0; }

void Common::meet() const {
  if (ranks != nullptr) ranks->sum({});
}

int main_with(int argc, char** argv) {
  std::unique_ptr<mpi::World> world;
  if (const auto failure = failure_of([&] { world = mpi::join_world(); })) {
    return report(failure, nullptr);
  }
  return parse_and_run(argc, argv, world.get());
}

}  // namespace ranvier::app
