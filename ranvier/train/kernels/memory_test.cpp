#include "ranvier/train/kernels/memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace ranvier::train {
namespace {

TEST(AlignedRow, StartsAtACacheLine) {
  for (const int64_t count : {1, 7, 1000}) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(AlignedRow<int8_t>(count).data()) % kCacheLine, 0U);
  }
}

template <class T>
void copies_for_every_alignment() {
  constexpr int64_t kMost = 200;
  const AlignedRow<T> row(kMost), to(kMost + 40);
  std::iota(row.data(), row.data() + kMost, static_cast<T>(-99));
  for (int64_t shift = 0; shift < 33; ++shift) {
    for (const int64_t count : {0, 1, 31, 32, 33, 200}) {
      std::fill_n(to.data(), kMost + 40, T{0});
      stream(row.data(), count, to.data() + shift);
      finish_streams();
      EXPECT_TRUE(std::equal(row.data(), row.data() + count, to.data() + shift));
      EXPECT_EQ(to.data()[shift + count], T{0}) << "nothing past the end";
    }
  }
}

TEST(Stream, CopiesForEveryAlignment) {
  copies_for_every_alignment<float>();
  copies_for_every_alignment<int8_t>();
}

}  // namespace
}  // namespace ranvier::train
