#pragma once
// How training sets up the C library's allocator.

namespace ranvier::train {

/// Keeps freed blocks in the program, where otherwise every large temporary of every step is mapped
/// and page-faulted anew, and asks the kernel for huge pages in the first 1.75 GiB of the heap:
/// rows of different time steps lie megabytes apart, and each costs an address translation per
/// 4 KiB. To be called before the first tensor is made; no result depends on it. Does nothing where
/// the C library is not glibc.
void keep_freed_memory();

}  // namespace ranvier::train
