#pragma once
// The door to LibTorch's c10d with Gloo and, where it has it, NCCL, for the one file that uses
// them.

#pragma GCC system_header

#include "ranvier/train/torch_compat.hpp"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#ifdef RANVIER_WITH_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
