// `ranvier doctor`: what this machine has, what is missing, what will be slow.

#include "ranvier/app/commands.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/statvfs.h>

#include <cstdlib>
#include <filesystem>
#include <thread>
#ifdef RANVIER_HAS_TORCH
#include "ranvier/train/blas.hpp"
#include "ranvier/train/train.hpp"
#endif

namespace ranvier::app {
namespace {

struct Finding {
  std::string what;
  std::string state;  // ok, warning, missing
  std::string detail;
};

#ifdef RANVIER_HAS_TORCH
// Below this a matrix product is not served by an optimised BLAS (reference BLAS reaches about 5
// GFLOP/s).
constexpr double kSlowMatmulGflops = 15;

Finding matmul_speed() {
  const double gflops =
      train::matmul_gflops(static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  const std::string detail = fmt::format("{:.0f} GFLOP/s in a 768 x 768 matrix product", gflops);
  const train::BlasKernels kernels = train::blas_kernels();
  if (!kernels.better.empty()) {
    return {"BLAS", "warning",
            fmt::format("{}; OpenBLAS does not know this processor: set OPENBLAS_CORETYPE={} for "
                        "matrix products about 3x as fast",
                        detail, kernels.better)};
  }
  if (gflops >= kSlowMatmulGflops) return {"BLAS", "ok", detail};
  return {"BLAS", "warning", detail + "; install libopenblas0-pthread (up to 40x faster training)"};
}

Finding gpus() {
  const train::GpuFinding found = train::find_gpus();
  if (found.count == 0) return {"GPU", "ok", "none that LibTorch can use; training runs without"};
  const std::string detail = fmt::format("{} for --device cuda", found.count);
  if (found.has_kernels) return {"GPU", "ok", detail};
  return {"GPU", "warning",
          detail + "; spiking layers run step by step on it: build with a CUDA compiler"};
}
#endif

Finding free_disk() {
  struct statvfs info {};
  if (statvfs(".", &info) != 0) return {"disk", "warning", "cannot read free space here"};
  const double gib =
      static_cast<double>(info.f_bavail) * static_cast<double>(info.f_frsize) / 1073741824.0;
  return {"disk", gib < 1 ? "warning" : "ok", fmt::format("{:.1f} GiB free here", gib)};
}

Finding browser() {
  for (const char* directory : {"/usr/bin", "/usr/local/bin", "/snap/bin"}) {
    if (std::filesystem::exists(std::filesystem::path(directory) / "chromium")) {
      return {"chromium", "ok", "found; only the report's tests need it"};
    }
  }
  return {"chromium", "missing", "only the report's tests need it"};
}

std::vector<Finding> examine() {
  std::vector<Finding> findings;
  findings.push_back(
      {"version", "ok", std::string("ranvier ") + RANVIER_VERSION + ", " + RANVIER_COMPILER});
  const unsigned threads = std::thread::hardware_concurrency();
  findings.push_back({"threads", "ok", fmt::format("{} hardware threads", threads)});
#ifdef RANVIER_HAS_TORCH
  findings.push_back({"LibTorch", "ok", train::torch_version()});
  findings.push_back(matmul_speed());
  findings.push_back(gpus());
#else
  findings.push_back(
      {"LibTorch", "missing", "built without train/: run and train are not available"});
#endif
  findings.push_back(free_disk());
  findings.push_back(browser());
  return findings;
}

void print(const std::vector<Finding>& findings, bool json) {
  if (json) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& f : findings)
      list.push_back({{"what", f.what}, {"state", f.state}, {"detail", f.detail}});
    fmt::print("{}\n", list.dump(2));
    return;
  }
  for (const auto& f : findings) fmt::print("{:<10} {:<8} {}\n", f.what, f.state, f.detail);
}

}  // namespace

void attach_doctor(CLI::App& app, const Common& common, std::function<void()>& action) {
  app.callback([&common, &action] { action = [&common] { print(examine(), common.json); }; });
}

}  // namespace ranvier::app
