#pragma once
// The door to LibTorch's c10d with Gloo, for the one file that uses them.

#pragma GCC system_header

#include "ranvier/train/torch_compat.hpp"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
