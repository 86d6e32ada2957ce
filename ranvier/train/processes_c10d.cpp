// c10d with its Gloo backend, over TCP, and NCCL between GPUs.

#include "ranvier/core/error.hpp"
#include "ranvier/train/c10d_compat.hpp"
#include "ranvier/train/processes.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace ranvier::train {

namespace {

using torch::Tensor;

constexpr std::chrono::minutes kStartPatience{5};  // both as long as c10d's own
constexpr std::chrono::minutes kPatience{30};      // one that ended is noticed at once

std::string first_line(const std::exception& error) {
  const std::string what = error.what();
  return what.substr(0, what.find('\n'));
}

[[noreturn]] void fail_to_meet(const Launch& launch, int port, const std::exception& error) {
  throw core::RunError(fmt::format(
      "[processes] process {} of {} does not reach the others at {}:{} ({}). Start all of them, "
      "with the same MASTER_ADDR, MASTER_PORT and WORLD_SIZE",
      launch.rank, launch.size, launch.address, port, first_line(error)));
}

[[noreturn]] void refuse_port(int port, const std::exception& error) {
  throw core::UserError({.key = "MASTER_PORT",
                         .given = std::to_string(port),
                         .allowed = "a port that is free",
                         .place = "the environment",
                         .hint = first_line(error)});
}

/// The processes of one training. The processor's tensors travel by Gloo; a GPU's by NCCL where
/// LibTorch has it, else by Gloo through the processor's memory.
class C10dProcesses : public Processes {
 public:
  C10dProcesses(c10::intrusive_ptr<c10d::Store> store,
                c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo)
      : store_(std::move(store)), gloo_(std::move(gloo)) {}
  int rank() const override { return gloo_->getRank(); }
  int size() const override { return gloo_->getSize(); }

  void all_reduce(Tensor values) override {
    exchange(values, [](auto& group, auto& tensors) { return group.allreduce(tensors); });
  }

  void broadcast(Tensor values) override {
    exchange(values, [](auto& group, auto& tensors) { return group.broadcast(tensors); });
  }

 private:
  template <class Collective>
  void exchange(const Tensor& values, const Collective& collective) {
    RANVIER_CONTRACT(values.is_contiguous(), "processes exchange contiguous tensors");
    try {
#ifdef RANVIER_WITH_NCCL
      if (values.is_cuda()) {
        std::vector<Tensor> tensors{values};
        return finish(*collective(nccl(), tensors));
      }
#endif
      std::vector<Tensor> tensors{values.cpu()};  // Gloo reads the processor's memory
      collective(*gloo_, tensors)->wait();
      if (!values.is_cpu()) values.copy_(tensors.front());
    } catch (const std::exception& error) {
      throw core::RunError(
          fmt::format("[processes] another process of this training ended or is out of reach "
                      "({}); the last checkpoint stays. Go on with --resume",
                      first_line(error)));
    }
  }

#ifdef RANVIER_WITH_NCCL
  /// Met at the first tensor of a GPU: all processes come with their first one.
  c10d::ProcessGroupNCCL& nccl() {
    if (!nccl_) {
      auto options = c10d::ProcessGroupNCCL::Options::create();
      options->timeout = kPatience;
      nccl_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(
          c10::make_intrusive<c10d::PrefixStore>("nccl", store_), rank(), size(), options);
    }
    return *nccl_;
  }

  /// Waits here and not on the GPU, where the end of another process would be a hang.
  template <class Work>
  static void finish(Work& work) {
    const auto last = std::chrono::steady_clock::now() + kPatience;
    while (!work.isCompleted()) {
      if (std::chrono::steady_clock::now() > last) throw std::runtime_error("no answer");
      std::this_thread::yield();
    }
    if (const auto failure = work.exception()) std::rethrow_exception(failure);
    work.wait();  // orders the stream of this thread behind it
  }

  c10::intrusive_ptr<c10d::ProcessGroupNCCL> nccl_;
#endif
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo_;
};

class C10dRendezvous : public Rendezvous {
 public:
  explicit C10dRendezvous(const Launch& launch) : launch_(launch), port_(launch.port) {
    if (launch_.is_first()) listen();
    if (launch_.share_port) port_ = launch_.share_port(port_);
    if (!launch_.is_first()) connect();
  }

  ProcessesPtr join(const std::string& training) override {
    auto options = c10d::ProcessGroupGloo::Options::create(kPatience);
    options->threads = 1;  // collectives of one training come one after the other
    try {
      options->devices.push_back(device());
      auto store = c10::make_intrusive<c10d::PrefixStore>(training, store_);
      auto gloo =
          c10::make_intrusive<c10d::ProcessGroupGloo>(store, launch_.rank, launch_.size, options);
      return c10::make_intrusive<C10dProcesses>(store, gloo);
    } catch (const std::exception& error) {
      fail_to_meet(launch_, port_, error);
    }
  }

 private:
  c10d::TCPStoreOptions options(int port) const {
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(port);
    options.isServer = launch_.is_first();
    options.numWorkers = static_cast<size_t>(launch_.size);
    options.waitWorkers = false;  // join() does
    options.timeout = kStartPatience;
    return options;
  }

  void listen() {
    const int port = launch_.share_port ? 0 : launch_.port;  // 0: any that is free
    try {
      store_ = c10::make_intrusive<c10d::TCPStore>(launch_.address, options(port));
    } catch (const std::exception& error) {
      refuse_port(port, error);
    }
    port_ = store_->getPort();
    spdlog::info("training on {} processes, which meet at {}:{}", launch_.size, launch_.address,
                 port_);
  }

  void connect() {
    try {
      store_ = c10::make_intrusive<c10d::TCPStore>(launch_.address, options(port_));
    } catch (const std::exception& error) {
      fail_to_meet(launch_, port_, error);
    }
  }

  /// The loop of one machine, the interface that the user names as for any Gloo program, or the
  /// one that the host's name stands for.
  std::shared_ptr<gloo::transport::Device> device() const {
    using Group = c10d::ProcessGroupGloo;
    if (const char* name = std::getenv("GLOO_SOCKET_IFNAME"); name != nullptr) {
      return Group::createDeviceForInterface(name);
    }
    const bool is_local = launch_.address == "127.0.0.1" || launch_.address == "localhost";
    return is_local ? Group::createDeviceForHostname("127.0.0.1") : Group::createDefaultDevice();
  }

  Launch launch_;
  int port_;
  c10::intrusive_ptr<c10d::TCPStore> store_;
};

}  // namespace

std::unique_ptr<Rendezvous> make_c10d_rendezvous(const Launch& launch) {
  return std::make_unique<C10dRendezvous>(launch);
}

}  // namespace ranvier::train
