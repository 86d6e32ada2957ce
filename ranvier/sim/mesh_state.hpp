#pragma once
// What a mesh and its calendars remember, for checkpoints. Their headers are the kernel's room and
// know nothing of it.

#include "ranvier/sim/mesh.hpp"
#include "ranvier/sim/state_archive.hpp"
#include "ranvier/sim/wake_wheel.hpp"

namespace ranvier::sim {

void persist(StateWriter& archive, WakeWheel& wheel);
void persist(StateReader& archive, WakeWheel& wheel);
void persist(StateWriter& archive, Mesh& mesh);
void persist(StateReader& archive, Mesh& mesh);

}  // namespace ranvier::sim
