// A build that found no c10d with Gloo.

#include "ranvier/core/error.hpp"
#include "ranvier/train/processes.hpp"

namespace ranvier::train {

std::unique_ptr<Rendezvous> make_gloo_rendezvous(const Launch& launch) {
  throw core::UserError({.key = "processes",
                         .given = std::to_string(launch.size),
                         .allowed = "1",
                         .place = {},
                         .hint = "This program was built without c10d and Gloo: install "
                                 "libgloo-dev and build it again."});
}

}  // namespace ranvier::train
