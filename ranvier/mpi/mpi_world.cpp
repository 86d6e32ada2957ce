#include "ranvier/core/error.hpp"
#include "ranvier/mpi/make_world.hpp"

#include <mpi.h>

#include <chrono>
#include <climits>
#include <list>
#include <optional>
#include <thread>
#include <utility>

namespace ranvier::mpi {
namespace {

constexpr int kRecords = 1;  // tags
constexpr int kLetters = 2;
constexpr auto kPatience = std::chrono::seconds(5);
constexpr auto kLook = std::chrono::milliseconds(5);

int size_of(const sim::Bytes& bytes) {
  RANVIER_CONTRACT(bytes.size() <= INT_MAX, "an MPI message holds at most 2 GiB");
  return static_cast<int>(bytes.size());
}

/// MPI calls it with two lists of pulses.
extern "C" void add_pulses(void* in, void* sum, int* count, MPI_Datatype*) {
  for (int i = 0; i < *count; ++i) {
    static_cast<sim::Pulse*>(sum)[i].add(static_cast<const sim::Pulse*>(in)[i]);
  }
}

/// Errors of MPI itself end the program: its default.
class MpiWorld final : public World {
 public:
  MpiWorld() {
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_dup(MPI_COMM_WORLD, &failures_);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks_);
    MPI_Type_contiguous(static_cast<int>(sizeof(sim::Pulse)), MPI_BYTE, &pulse_);
    MPI_Type_commit(&pulse_);
    MPI_Op_create(add_pulses, 1, &add_);
  }
  ~MpiWorld() override {
    for (auto& letter : under_way_) MPI_Wait(&letter.request, MPI_STATUS_IGNORE);
    MPI_Op_free(&add_);
    MPI_Type_free(&pulse_);
    MPI_Finalize();
  }
  MpiWorld(const MpiWorld&) = delete;
  MpiWorld& operator=(const MpiWorld&) = delete;

  int rank() const override { return rank_; }
  int ranks() const override { return ranks_; }

  void exchange(std::span<const int> peers, std::span<const sim::Bytes> out,
                std::span<sim::Bytes> in) override {
    requests_.resize(peers.size());
    for (size_t p = 0; p < peers.size(); ++p) {
      MPI_Isend(out[p].data(), size_of(out[p]), MPI_BYTE, peers[p], kRecords, MPI_COMM_WORLD,
                &requests_[p]);
    }
    for (size_t p = 0; p < peers.size(); ++p) {
      MPI_Status status;
      int size = 0;
      MPI_Probe(peers[p], kRecords, MPI_COMM_WORLD, &status);
      MPI_Get_count(&status, MPI_BYTE, &size);
      in[p].resize(static_cast<size_t>(size));
      MPI_Recv(in[p].data(), size, MPI_BYTE, peers[p], kRecords, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    }
    MPI_Waitall(static_cast<int>(peers.size()), requests_.data(), MPI_STATUSES_IGNORE);
  }

  sim::Pulse sum(const sim::Pulse& mine) override {
    sim::Pulse all;
    MPI_Allreduce(&mine, &all, 1, pulse_, add_, MPI_COMM_WORLD);
    return all;
  }

  void gather(const sim::Bytes& mine, const Take& take) override {
    for (int root = 0; root < ranks_; ++root) {
      int size = root == rank_ ? size_of(mine) : 0;
      MPI_Bcast(&size, 1, MPI_INT, root, MPI_COMM_WORLD);
      sim::Bytes bytes = root == rank_ ? mine : sim::Bytes(static_cast<size_t>(size));
      MPI_Bcast(bytes.data(), size, MPI_BYTE, root, MPI_COMM_WORLD);
      take(root, bytes);
    }
  }

  void send(int to, std::vector<std::byte> content) override {
    forget_sent();
    Sent& letter = under_way_.emplace_back(Sent{std::move(content), MPI_REQUEST_NULL});
    MPI_Isend(letter.content.data(), size_of(letter.content), MPI_BYTE, to, kLetters,
              MPI_COMM_WORLD, &letter.request);
  }

  std::optional<Letter> take() override {
    forget_sent();
    MPI_Status status;
    int is_there = 0;
    MPI_Iprobe(MPI_ANY_SOURCE, kLetters, MPI_COMM_WORLD, &is_there, &status);
    if (is_there == 0) return std::nullopt;
    int size = 0;
    MPI_Get_count(&status, MPI_BYTE, &size);
    Letter letter{.from = status.MPI_SOURCE, .content = sim::Bytes(static_cast<size_t>(size))};
    MPI_Recv(letter.content.data(), size, MPI_BYTE, letter.from, kLetters, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
    return letter;
  }

  bool failed_everywhere() override {
    MPI_Request all_here;
    MPI_Ibarrier(failures_, &all_here);
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < kPatience) {
      int done = 0;
      MPI_Test(&all_here, &done, MPI_STATUS_IGNORE);
      if (done != 0) return true;
      std::this_thread::sleep_for(kLook);
    }
    return false;
  }

  void abort(int exit_code) override {
    MPI_Abort(MPI_COMM_WORLD, exit_code);
    std::abort();
  }

 private:
  /// A letter whose memory MPI still reads.
  struct Sent {
    std::vector<std::byte> content;
    MPI_Request request;
  };
  void forget_sent() {
    std::erase_if(under_way_, [](Sent& letter) {
      int done = 0;
      MPI_Test(&letter.request, &done, MPI_STATUS_IGNORE);
      return done != 0;
    });
  }

  std::list<Sent> under_way_;
  MPI_Comm failures_ = MPI_COMM_NULL;  // of its own: other ranks may wait in the other one
  MPI_Datatype pulse_ = MPI_DATATYPE_NULL;
  MPI_Op add_ = MPI_OP_NULL;
  std::vector<MPI_Request> requests_;
  int rank_ = 0;
  int ranks_ = 1;
};

}  // namespace

std::unique_ptr<World> make_world(int) { return std::make_unique<MpiWorld>(); }

}  // namespace ranvier::mpi
