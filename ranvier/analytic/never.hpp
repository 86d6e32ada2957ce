#pragma once
// The cycle of what does not come to pass. Private to analytic/.

#include <cstdint>
#include <limits>

namespace ranvier::analytic {

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

}  // namespace ranvier::analytic
