#include "ranvier/mpi/world.hpp"

#include "ranvier/mpi/make_world.hpp"

#include <cstdlib>

namespace ranvier::mpi {
namespace {

/// Ranks that a launcher announces to the programs it starts: OpenMPI, then MPICH and its kin.
int announced_ranks() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr) return std::atoi(value);
  }
  return 1;
}

}  // namespace

std::unique_ptr<World> join_world() {
  const int ranks = announced_ranks();
  return ranks > 1 ? make_world(ranks) : nullptr;
}

}  // namespace ranvier::mpi
