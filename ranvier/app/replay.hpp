#pragma once
// `ranvier simulate --replay`: a message trace on described hardware.

#include "ranvier/app/cli.hpp"

#include <string>
#include <vector>

namespace ranvier::app {

struct ReplayOptions {
  std::string file;                    // trace, .csv or HDF5
  std::string preset;                  // name, or a resolved preset of a finished run
  std::vector<std::string> overrides;  // "hardware.a=b"
  int threads = 1;                     // of each rank, that share the chips
};

/// Prints latency, traffic and the energy of communication as text or JSON.
/// Errors: UserError about the hardware or the trace; RunError from sim::replay.
void replay_trace(const ReplayOptions& options, const Common& common);

}  // namespace ranvier::app
