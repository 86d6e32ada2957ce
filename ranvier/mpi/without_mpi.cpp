#include "ranvier/core/error.hpp"
#include "ranvier/mpi/make_world.hpp"

#include <string>

namespace ranvier::mpi {

std::unique_ptr<World> make_world(int announced_ranks) {
  throw core::UserError({.key = "mpirun -n",
                         .given = std::to_string(announced_ranks),
                         .allowed = "1",
                         .place = "the command line",
                         .hint = "This program was built without MPI (RANVIER_WITH_MPI=OFF)."});
}

}  // namespace ranvier::mpi
