#include "ranvier/sim/remote_error.hpp"

#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace ranvier::sim {
namespace {

/// Throws `error`, sends it on, and gives back the text of what arrives as a `Received`.
template <class Received, class Thrown>
std::string sent(const Thrown& error) {
  Bytes packed;
  try {
    throw error;
  } catch (...) {
    packed = pack_error(std::current_exception());
  }
  try {
    throw_packed(packed);
  } catch (const Received& received) {
    return received.what();
  }
}

TEST(RemoteError, KeepsKindAndText) {
  const core::UserError user({.key = "a.b",
                              .given = "7",
                              .allowed = "1..3",
                              .place = "file.yaml:3",
                              .hint = "Choose less."});
  EXPECT_EQ(sent<core::UserError>(user), user.what());
  EXPECT_EQ(sent<core::RunError>(core::RunError("deadlock")), "deadlock");
  EXPECT_EQ(sent<core::Interrupted>(core::Interrupted("stopped")), "stopped");
  EXPECT_EQ(sent<core::ContractViolation>(core::ContractViolation("broken")), "broken");
  EXPECT_EQ(sent<core::RunError>(std::runtime_error("no memory")), "no memory");
}

TEST(RemoteError, IsNoErrorOfOurOwnWhenTheBytesAreCut) {
  EXPECT_THROW(throw_packed({}), core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::sim
