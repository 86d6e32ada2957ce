#pragma once
// With MPI: mpi_world.cpp. Without: without_mpi.cpp. The build chooses.

#include "ranvier/mpi/world.hpp"

#include <memory>

namespace ranvier::mpi {

/// Errors: UserError without MPI.
std::unique_ptr<World> make_world(int announced_ranks);

}  // namespace ranvier::mpi
