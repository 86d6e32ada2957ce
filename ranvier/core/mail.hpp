#pragma once
// Letters between the processes that share a piece of work. Nobody here knows how they travel: the
// implementation is given.

#include <cstddef>
#include <optional>
#include <vector>

namespace ranvier::core {

/// Used by one thread of each process.
class Mail {
 public:
  struct Letter {
    int from = 0;
    std::vector<std::byte> content;
  };
  virtual ~Mail() = default;
  virtual int rank() const = 0;
  virtual int ranks() const = 0;
  /// Waits for nobody. What one rank sends to another arrives in order.
  virtual void send(int to, std::vector<std::byte> content) = 0;
  /// The next letter that has arrived; none when there is none.
  virtual std::optional<Letter> take() = 0;
};

}  // namespace ranvier::core
