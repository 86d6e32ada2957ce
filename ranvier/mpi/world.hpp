#pragma once
// The ranks that mpirun started: they share one simulation, or the simulations of a sweep.

#include "ranvier/core/mail.hpp"
#include "ranvier/sim/transport.hpp"

#include <memory>

namespace ranvier::mpi {

class World : public sim::Transport, public core::Mail {
 public:
  int rank() const override = 0;
  int ranks() const override = 0;
  /// After an error of this rank: whether every rank has one, as they have when the error is that
  /// of the simulation they share. Waits a few seconds for the others.
  virtual bool failed_everywhere() = 0;
  /// Ends every rank with this exit code.
  [[noreturn]] virtual void abort(int exit_code) = 0;
};

/// Null unless mpirun (or its like) started several ranks; then MPI is not touched. To be called
/// once. Errors: UserError when it did and this program was built without MPI.
std::unique_ptr<World> join_world();

}  // namespace ranvier::mpi
