#include "ranvier/train/kernels/allocator.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#ifdef __GLIBC__  // said by any header of the C library
#include <malloc.h>
#include <sys/mman.h>
#endif

namespace ranvier::train {

#ifdef __GLIBC__
namespace {

constexpr int kGiB = 1 << 30;
constexpr size_t kHugePage = size_t{2} << 20;

/// Where the kernel has none, pages stay small.
void ask_for_huge_pages(void* block, size_t bytes) {
  const auto begin = reinterpret_cast<uintptr_t>(block);
  const uintptr_t first = (begin + kHugePage - 1) / kHugePage * kHugePage;
  const uintptr_t last = (begin + bytes) / kHugePage * kHugePage;
  madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

/// The next 1.75 GiB of the heap; nothing is touched, so nothing is used up.
void mark_heap() {
  constexpr size_t kBlock = size_t{kGiB} / 8 * 7;  // below the threshold of mmap
  void* const blocks[] = {std::malloc(kBlock), std::malloc(kBlock)};
  for (void* block : blocks) {
    if (block != nullptr) ask_for_huge_pages(block, kBlock);
  }
  for (void* block : blocks) std::free(block);
}

}  // namespace

void keep_freed_memory() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, kGiB);
  mallopt(M_TRIM_THRESHOLD, 2 * (kGiB - 1));
  mallopt(M_TOP_PAD, kGiB / 4);
  mark_heap();
}
#else
void keep_freed_memory() {}
#endif

}  // namespace ranvier::train
