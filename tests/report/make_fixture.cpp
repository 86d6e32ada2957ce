// make_report_fixture DIR [scale]: a made-up run and its report.html, to look at the page without
// running anything.

#include "ranvier/core/error.hpp"
#include "ranvier/report/report.hpp"

#include <cstdlib>
#include <iostream>

#include "tests/report/fixture.hpp"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: make_report_fixture DIR [scale of the hybrid's energy and time]\n";
    return 2;
  }
  ranvier::report::fixture::Options options;
  if (argc > 2) options.hnn_energy_scale = options.hnn_latency_scale = std::atof(argv[2]);
  try {
    ranvier::report::fixture::write_run(argv[1], options);
    ranvier::report::write_report(argv[1]);
  } catch (const ranvier::core::Error& error) {
    std::cerr << error.what() << "\n";
    return static_cast<int>(error.exit_code());
  }
  return 0;
}
