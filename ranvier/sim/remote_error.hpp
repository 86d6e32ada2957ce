#pragma once
// An error of one rank, thrown again on every other one.

#include "ranvier/sim/parcel.hpp"

#include <exception>
#include <span>

namespace ranvier::sim {

/// Kind and text of any exception.
Bytes pack_error(const std::exception_ptr& error);
/// Throws it again: the same text and exit code.
[[noreturn]] void throw_packed(std::span<const std::byte> packed);

}  // namespace ranvier::sim
