#include "ranvier/train/launch.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace ranvier::train {

namespace {

constexpr int kMostProcesses = 65536;
constexpr int kMostPort = 65535;

int number(const Variable& variable, const char* name, int low, int high) {
  const char* text = variable(name);
  const std::string_view given = text == nullptr ? "" : text;
  int value = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  const bool is_number = error == std::errc{} && end == given.data() + given.size();
  if (is_number && value >= low && value <= high) return value;
  throw core::UserError({.key = name,
                         .given = text == nullptr ? "nothing" : fmt::format("'{}'", given),
                         .allowed = fmt::format("{}..{}", low, high),
                         .place = "the environment",
                         .hint = "torchrun sets WORLD_SIZE, RANK, MASTER_ADDR and MASTER_PORT; "
                                 "unset them to train on one process."});
}

}  // namespace

Launch read_launch(const Variable& variable) {
  Launch launch;
  // A RANK alone is a mistake: several processes would each train everything into one directory.
  if (variable("WORLD_SIZE") == nullptr && variable("RANK") == nullptr) return launch;
  launch.size = number(variable, "WORLD_SIZE", 1, kMostProcesses);
  launch.rank = number(variable, "RANK", 0, launch.size - 1);
  if (const char* address = variable("MASTER_ADDR"); address != nullptr) launch.address = address;
  if (variable("MASTER_PORT") != nullptr) {
    launch.port = number(variable, "MASTER_PORT", 1, kMostPort);
  }
  if (variable("LOCAL_RANK") != nullptr) {
    launch.local_rank = number(variable, "LOCAL_RANK", 0, launch.size - 1);
  }
  return launch;
}

void require_even_shares(const Launch& launch, int batch, const std::string& key) {
  if (batch % launch.size == 0) return;
  throw core::UserError({.key = key,
                         .given = std::to_string(batch),
                         .allowed = fmt::format("a multiple of {}", launch.size),
                         .place = {},
                         .hint = "So many processes share every batch evenly."});
}

}  // namespace ranvier::train
