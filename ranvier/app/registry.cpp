#include "ranvier/app/cli.hpp"
#include "ranvier/app/commands.hpp"

namespace ranvier::app {

const std::vector<Command>& commands() {
  static const std::vector<Command> table{
      {"run", "Train, map, simulate, price and report one experiment", attach_run},
      {"train", "Only train: write the bundles of an experiment", attach_train},
      {"eval", "Score the trained bundles of a run again, on the whole test set", attach_eval},
      {"map", "Show how a trained run lies on chips and cores", attach_map},
      {"simulate", "Simulate and price the trained bundles of a run again", attach_simulate},
      {"report", "Write report.html of a finished run again", attach_report},
      {"sweep", "Evaluate many points of a design space into one database", attach_sweep},
      {"compare", "Set finished runs, or the points of a sweep, side by side", attach_compare},
      {"breakeven", "Solve for the links on which each variant of a run is best", attach_breakeven},
      {"noc", "Measure latency and throughput of a mesh under synthetic traffic", attach_noc},
      {"codec", "Show what a codec and the wire formats make of given activity", attach_codec},
      {"describe", "Explain every parameter: unit, default, range, source", attach_describe},
      {"doctor", "Check this machine: packages, threads, BLAS, data", attach_doctor},
  };
  return table;
}

}  // namespace ranvier::app
