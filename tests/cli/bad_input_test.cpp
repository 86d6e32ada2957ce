// Bad input: each case has a message with key, value, allowed range and place, the exit code of the
// contract, and leaves nothing behind that could be mistaken for a result.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <utility>
#include <vector>

#include "tests/cli/program.hpp"

namespace ranvier::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class CommandLine : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        fs::path(::testing::TempDir()) /
        (std::string("cli_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    write("exp.yaml", tiny_experiment());
  }
  void TearDown() override { fs::remove_all(directory_); }

  void write(const std::string& name, const std::string& content) {
    std::ofstream(directory_ / name, std::ios::binary) << content;
  }

  Outcome run(const std::string& arguments, const std::string& prefix = {}) {
    return run_ranvier(arguments, directory_, prefix);
  }

  /// Runs the tiny experiment with overrides and expects a refusal that says all of `parts`.
  void expect_refusal(const std::string& set, const std::vector<std::string>& parts) {
    const Outcome outcome = run("run exp.yaml --out out --quiet " + set);
    EXPECT_EQ(outcome.exit_code, 2) << set << "\n" << outcome.err;
    for (const auto& part : parts) EXPECT_THAT(outcome.err, HasSubstr(part)) << set;
    EXPECT_FALSE(fs::exists(directory_ / "out" / "summary.json"));
    EXPECT_EQ(outcome.out, "");
  }

  fs::path directory_;
};

TEST_F(CommandLine, RefusesUnknownCommandsAndFlagsWithTheNearestName) {
  const Outcome command = run("smulate out");
  EXPECT_EQ(command.exit_code, 2);
  EXPECT_THAT(command.err, HasSubstr("Did you mean 'simulate'?"));
  const Outcome flag = run("run exp.yaml --out out --resum");
  EXPECT_EQ(flag.exit_code, 2);
  EXPECT_THAT(flag.err, HasSubstr("did you mean '--resume'?"));
  EXPECT_EQ(run("").exit_code, 2);
}

TEST_F(CommandLine, HelpAndVersionSucceed) {
  EXPECT_EQ(run("--help").exit_code, 0);
  EXPECT_EQ(run("run --help").exit_code, 0);
  EXPECT_THAT(run("--version").out, HasSubstr("ranvier "));
}

TEST_F(CommandLine, RefusesAMissingExperiment) {
  const Outcome outcome = run("run absent.yaml --out out");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("absent.yaml"));
}

TEST_F(CommandLine, RefusesUnknownKeysWithFileLineAndNearestName) {
  write("exp.yaml", tiny_experiment() + "simulate: {sampels: 2}\n");
  expect_refusal("", {"simulate.sampels", "samples", "exp.yaml:"});
  write("exp.yaml", tiny_experiment());
  expect_refusal("--set train.epoch=3", {"train.epoch", "train.epochs", "--set"});
}

TEST_F(CommandLine, RefusesWrongUnits) {
  expect_refusal("--set 'hardware.core_clock=200 pJ'", {"hardware.core_clock", "200 pJ", "Hz"});
  expect_refusal("--set hardware.core_clock=200", {"hardware.core_clock", "200"});
}

TEST_F(CommandLine, RefusesImpossibleMeshes) {
  expect_refusal("--set hardware.mesh=0", {"hardware.mesh", "0"});
  expect_refusal("--set hardware.mesh=100000", {"hardware.mesh", "100000"});
}

TEST_F(CommandLine, RefusesANetworkLargerThanThePackage) {
  expect_refusal("--set hardware.chips_x=1", {"hardware.chips_x", "1", "2"});
  EXPECT_FALSE(fs::exists(directory_ / "out/checkpoints/ann.pt")) << "refused before training";
  expect_refusal("--set hardware.neurons_per_core=1", {"hardware."});
}

TEST_F(CommandLine, RefusesCutsThatDoNotExist) {
  expect_refusal("--set 'network.cuts=[stage7]'", {"network.cuts", "stage7", "stage1"});
}

TEST_F(CommandLine, RefusesWindowsOfNoSteps) {
  expect_refusal("--set variants.snn.steps=0", {"variants.snn.steps", "0"});
  expect_refusal("--set 'variants.hnn-graded.codec=rate(0)'",
                 {"variants.hnn-graded.codec", "rate(0)"});
}

TEST_F(CommandLine, RefusesMissingTruncatedAndForeignData) {
  expect_refusal("--set data.kind=cifar100 --set data.path=nowhere", {"data.path", "nowhere"});
  fs::create_directories(directory_ / "cifar");
  write("cifar/train.bin", std::string(3074 * 4 + 100, 'x'));
  write("cifar/test.bin", std::string(3074, '\1'));
  expect_refusal("--set data.kind=cifar100 --set data.path=cifar", {"data.path", "train.bin"});
  fs::create_directories(directory_ / "idx");
  for (const char* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                           "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}) {
    write(std::string("idx/") + name, "not an IDX file at all");
  }
  expect_refusal("--set data.kind=idx --set data.path=idx", {"data.path", "magic"});
}

constexpr const char* kText = R"yaml(name: text
data: {kind: procedural_text, train_samples: 40, test_samples: 10}
network: {model: rwkv, depth: 2, width: 16, context: 16, cuts: [block1]}
train: {epochs: 1, batch: 10, optimizer: adamw, learning_rate: 0.003}
finetune: {epochs: 1, learning_rate: 0.001, calibration_samples: 10}
variants: {snn: {kind: snn, steps: 2}}
record_samples: 4
presets: [ucie16nm]
hardware: {chips_x: 2}
)yaml";

TEST_F(CommandLine, TrainsAndSimulatesASpikingLanguageModel) {
  write("exp.yaml", kText);
  const Outcome ran = run("run exp.yaml --out spiking");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("bits per byte deployed"));
  EXPECT_THAT(slurp(directory_ / "spiking/bundle/snn/metrics.json"), HasSubstr("bits_per_byte"));
  EXPECT_THAT(slurp(directory_ / "spiking/bundle/snn/network.json"), HasSubstr("gives_currents"));
  EXPECT_THAT(slurp(directory_ / "spiking/summary.json"), HasSubstr("\"snn\""));
}

TEST_F(CommandLine, RefusesTextsThatAreMissingEmptyOrShort) {
  write("exp.yaml", kText);
  write("empty", "");
  write("short", "0123456789");
  const std::string text = "--set data.kind=text --set data.path=";
  expect_refusal(text + "nowhere", {"data.path", "nowhere", "No such file"});
  expect_refusal(text + ".", {"data.path", "a directory"});
  expect_refusal(text + "empty", {"data.path", "The file is empty"});
  expect_refusal(text + "short", {"data.path", "network.context"});
}

TEST_F(CommandLine, RefusesAnUnwritableDirectory) {
  write("file", "in the way");
  const Outcome outcome = run("run exp.yaml --out file/out");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--out"));
}

TEST_F(CommandLine, ReportsALossThatIsNotANumber) {
  const Outcome outcome =
      run("run exp.yaml --out out --quiet --set train.learning_rate=900 --set train.weight_decay=1 "
          "--set train.epochs=30");
  EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("loss"));
  EXPECT_THAT(outcome.err, HasSubstr("learning"));
  EXPECT_FALSE(fs::exists(directory_ / "out" / "summary.json"));
}

TEST_F(CommandLine, ReportsAFullDisk) {
  // A file size limit makes every larger write fail as a full disk would.
  const Outcome outcome = run("run exp.yaml --out out --quiet", "trap '' XFSZ; ulimit -f 4; ");
  EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
  EXPECT_FALSE(fs::exists(directory_ / "out" / "summary.json"));
}

TEST_F(CommandLine, JsonIsAloneOnStdout) {
  const Outcome outcome = run("codec --codec 'graded(2)' --format json");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out.front(), '{');
  EXPECT_EQ(run("codec --codec 'graded(99)'").exit_code, 2);
  EXPECT_EQ(run("describe hardware.routr").exit_code, 2);
  EXPECT_EQ(run("compare nowhere").exit_code, 2);
}

TEST_F(CommandLine, AnInterruptedRunSaysSoAndResumesToTheSameBits) {
  const std::string run_it = "run exp.yaml --quiet --threads 1 --out ";
  ASSERT_EQ(run(run_it + "straight").exit_code, 0);
  // Stopped in the dense network, in a fine-tuning and while bundles are written.
  const std::vector<std::pair<int, const char*>> stops = {
      {SIGINT, "checkpoints/ann.pt"},
      {SIGKILL, "checkpoints/snn.pt"},
      {SIGINT, "checkpoints/hnn-graded.pt"},
      {SIGKILL, "bundle/ann-burst8/network.json"}};
  int interruptions = 0;
  for (const auto& [signal, sign] : stops) {
    const Outcome outcome =
        run_and_signal(run_it + "broken --resume", directory_, signal, fs::path("broken") / sign);
    if (outcome.exit_code == 0) break;
    ++interruptions;
    EXPECT_EQ(outcome.exit_code, signal == SIGINT ? 130 : -SIGKILL) << sign << outcome.err;
    EXPECT_FALSE(fs::exists(directory_ / "broken/summary.json")) << sign;
  }
  EXPECT_GE(interruptions, 3);
  ASSERT_EQ(run(run_it + "broken --resume").exit_code, 0);
  for (const char* variant : {"ann-burst8", "snn", "hnn-graded"}) {
    const fs::path weights = fs::path("bundle") / variant / "weights.safetensors";
    EXPECT_TRUE(slurp(directory_ / "straight" / weights) == slurp(directory_ / "broken" / weights))
        << variant;
  }
  EXPECT_TRUE(slurp(directory_ / "straight/summary.json") ==
              slurp(directory_ / "broken/summary.json"));
}

TEST_F(CommandLine, AFinishedRunIsNotOverwritten) {
  ASSERT_EQ(run("run exp.yaml --quiet --out out").exit_code, 0);
  const Outcome again = run("run exp.yaml --quiet --out out");
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("--resume"));
  EXPECT_EQ(
      run("simulate out --quiet --set hardware.router.buffer_flits=8 --timeline time").exit_code,
      0);
  EXPECT_TRUE(fs::exists(directory_ / "time/hnn-graded.ucie16nm.json"));
  EXPECT_EQ(run("report out").exit_code, 0);
  EXPECT_EQ(run("map out").exit_code, 0);
  EXPECT_EQ(run("compare out --format json").out.front(), '{');
}

}  // namespace
}  // namespace ranvier::tests
