#pragma once
// Units in which commands print.

namespace ranvier::app {

inline constexpr double kGiga = 1e9;      // Gbit/s
inline constexpr double kPerMicro = 1e6;  // us of seconds, uJ of picojoules over this

}  // namespace ranvier::app
