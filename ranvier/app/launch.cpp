#include "ranvier/app/launch.hpp"

#include "ranvier/sim/transport.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace ranvier::app {
namespace {

/// What every rank says, by rank.
std::vector<std::string> said_by_all(sim::Transport& ranks, const std::string& own) {
  sim::Bytes bytes(own.size());
  std::transform(own.begin(), own.end(), bytes.begin(), [](char c) { return std::byte(c); });
  std::vector<std::string> all;
  ranks.gather(bytes, [&](int, std::span<const std::byte> said) {
    std::string& text = all.emplace_back(said.size(), '\0');
    std::transform(said.begin(), said.end(), text.begin(), [](std::byte b) { return char(b); });
  });
  return all;
}

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

train::Launch launch_over(sim::Transport& ranks) {
  const auto hosts = said_by_all(ranks, host_name());
  const bool is_one_machine =
      std::all_of(hosts.begin(), hosts.end(), [&](const auto& host) { return host == hosts[0]; });
  train::Launch launch{.rank = ranks.rank(), .size = ranks.ranks()};
  const auto own = hosts.begin() + launch.rank;
  launch.local_rank = static_cast<int>(std::count(hosts.begin(), own, *own));
  if (!is_one_machine) launch.address = hosts[0];
  launch.share_port = [&ranks](int port) {
    return std::stoi(said_by_all(ranks, std::to_string(port))[0]);
  };
  return launch;
}

}  // namespace

train::Launch launch_of(const Common& common) {
  if (common.ranks != nullptr) return launch_over(*common.ranks);
  return train::read_launch([](const char* name) { return std::getenv(name); });
}

}  // namespace ranvier::app
