// Several processes train one network: as torchrun starts them and as mpirun does; killed,
// interrupted and refused.

#include "ranvier/core/file.hpp"
#include "ranvier/train/safetensors.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstring>
#include <future>

#include "tests/cli/program.hpp"

namespace ranvier::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(socket, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  close(socket);
  return ntohs(address.sin_port);
}

class TrainProcesses : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) /
                 ("train_processes_" + std::to_string(getpid()) + "_" +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(directory_);
    for (const char* folder : {"0", "1"}) fs::create_directories(directory_ / folder);
    core::write_file_atomic(directory_ / "exp.yaml", tiny_experiment());
  }
  void TearDown() override { fs::remove_all(directory_); }

  /// Each process has a folder for what it prints; results go to `out` beside them.
  fs::path folder(int rank) const { return directory_ / std::to_string(rank); }

  static std::string train(const std::string& out, const std::string& more = {}) {
    return "train ../exp.yaml --out ../" + out + " --quiet --threads 1 " + more;
  }

  /// `rank` of two that torchrun would start.
  static std::string environment(int rank, int port) {
    return "export WORLD_SIZE=2 RANK=" + std::to_string(rank) +
           " MASTER_ADDR=127.0.0.1 MASTER_PORT=" + std::to_string(port) + "; ";
  }

  /// Both processes to their ends, the second one with `signal` when the first checkpoint is there.
  std::vector<Outcome> run_two(const std::string& arguments, int signal = 0,
                               const std::string& out = {}) const {
    const int port = free_port();
    auto other = std::async(std::launch::async, [&] {
      if (signal == 0) return run_ranvier(arguments, folder(1), environment(1, port));
      return run_and_signal(
          arguments, folder(1), signal,
          [&] { return fs::exists(directory_ / out / "checkpoints" / "ann.pt"); },
          environment(1, port));
    });
    std::vector<Outcome> outcomes{run_ranvier(arguments, folder(0), environment(0, port))};
    outcomes.push_back(other.get());
    return outcomes;
  }

  fs::path bundle(const std::string& out, const std::string& variant) const {
    return directory_ / out / "bundle" / variant;
  }

  void expect_same_weights(const std::string& a, const std::string& b) const {
    for (const char* variant : {"ann-burst8", "hnn-graded", "snn"}) {
      const std::string weights = slurp(bundle(a, variant) / "weights.safetensors");
      EXPECT_FALSE(weights.empty()) << a << " " << variant;
      EXPECT_EQ(weights, slurp(bundle(b, variant) / "weights.safetensors")) << variant;
    }
  }

  /// Root mean square of the difference of all weights, over that of the weights.
  double apart(const std::string& a, const std::string& b, const std::string& variant) const {
    const auto x = train::read_safetensors(bundle(a, variant) / "weights.safetensors");
    const auto y = train::read_safetensors(bundle(b, variant) / "weights.safetensors");
    double difference = 0;
    double size = 0;
    for (const auto& [name, tensor] : x) {
      if (tensor.dtype != train::DType::kF32) continue;
      const auto& other = y.at(name);
      for (size_t at = 0; at < tensor.bytes.size(); at += sizeof(float)) {
        float u = 0;
        float v = 0;
        std::memcpy(&u, tensor.bytes.data() + at, sizeof u);
        std::memcpy(&v, other.bytes.data() + at, sizeof v);
        difference += double{u - v} * double{u - v};
        size += double{u} * double{u};
      }
    }
    return std::sqrt(difference / size);
  }

  fs::path directory_;
};

TEST_F(TrainProcesses, TwoDoWhatOneDoesAndGoOnAfterAnInterrupt) {
  ASSERT_EQ(run_ranvier(train("one"), folder(0)).exit_code, 0);
  for (const auto& outcome : run_two(train("two"))) ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* variant : {"ann-burst8", "ann-burst4", "hnn-graded", "snn"}) {
    EXPECT_LT(apart("one", "two", variant), 0.02) << variant;
  }
  EXPECT_GT(apart("one", "two", "ann-burst8"), 0.0) << "sums of parts round otherwise";

  // One of them is told to stop; both do, and both go on to the same bits.
  for (const auto& outcome : run_two(train("cut"), SIGTERM, "cut")) {
    ASSERT_EQ(outcome.exit_code, 130) << outcome.err;
  }
  for (const auto& outcome : run_two(train("cut", "--resume"))) {
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }
  expect_same_weights("two", "cut");
}

TEST_F(TrainProcesses, AProcessThatDiesEndsTheOther) {
  const auto outcomes = run_two(train("dead"), SIGKILL, "dead");
  EXPECT_EQ(outcomes[1].exit_code, -SIGKILL);
  EXPECT_EQ(outcomes[0].exit_code, 3);
  EXPECT_THAT(outcomes[0].err, HasSubstr("another process of this training ended"));
}

#ifdef RANVIER_MPIRUN

TEST_F(TrainProcesses, MpirunRunsAllOfItAndARankThatIsKilledChangesNothing) {
  const std::string run = "run ../exp.yaml --format json --quiet --out ../";
  const Outcome whole = run_ranks(2, run + "whole", folder(0));
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_EQ(nlohmann::json::parse(whole.out).at("experiment"), "tiny") << "printed once";
  EXPECT_TRUE(fs::exists(directory_ / "whole" / "report.html"));

  const auto checkpoint = directory_ / "killed" / "checkpoints" / "ann.pt";
  const Outcome killed = run_ranks_and_signal(2, run + "killed", folder(0), SIGKILL, 1,
                                              [&] { return fs::exists(checkpoint); });
  EXPECT_NE(killed.exit_code, 0);
  EXPECT_FALSE(fs::exists(directory_ / "killed" / "summary.json"));
  const Outcome resumed = run_ranks(2, run + "killed --resume", folder(0));
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  expect_same_weights("whole", "killed");

  for (const auto& outcome : run_two(train("two"))) ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  expect_same_weights("whole", "two");
}

TEST_F(TrainProcesses, MpirunSaysOnceThatABatchCannotBeShared) {
  const Outcome outcome = run_ranks(3, train("odd"), folder(0));
  EXPECT_EQ(outcome.exit_code, 2);
  const std::string message = "[train.batch] got 32, need a multiple of 3";
  EXPECT_THAT(outcome.err, HasSubstr(message));
  EXPECT_EQ(outcome.err.find(message), outcome.err.rfind(message)) << outcome.err;
}

#endif

TEST_F(TrainProcesses, AreRefusedWhereTheyMakeNoSense) {
  const auto refused = [&](const std::string& prefix, const std::string& message) {
    const auto outcome = run_ranvier(train("out"), folder(0), prefix);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(message));
  };
  refused("export WORLD_SIZE=2; ", "[RANK] got nothing, need 0..1");
  refused("export WORLD_SIZE=2 RANK=7; ", "[RANK] got '7', need 0..1");
  refused("export RANK=1; ", "[WORLD_SIZE] got nothing");
  refused("export WORLD_SIZE=many RANK=0; ", "[WORLD_SIZE] got 'many'");
  refused("export WORLD_SIZE=5 RANK=4; ", "[train.batch] got 32, need a multiple of 5");
  const int taken = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  socklen_t size = sizeof address;
  bind(taken, reinterpret_cast<sockaddr*>(&address), size);
  listen(taken, 1);
  getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size);
  const int port = ntohs(address.sin_port);
  refused(environment(0, port), "[MASTER_PORT] got " + std::to_string(port));
  close(taken);
}

}  // namespace
}  // namespace ranvier::tests
