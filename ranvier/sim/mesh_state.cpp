// Names the private members of Mesh and WakeWheel by explicit instantiation, which the language
// lets name anything ([temp.spec.general]), so that the kernel's headers stay as they are. A member
// that is renamed fails to compile; one that is added changes the size asserted below.

#include "ranvier/sim/mesh_state.hpp"

namespace ranvier::sim {
namespace {

/// Defines member_of(Tag{}): the pointer to the member that Tag stands for.
template <class Tag, auto kMember>
struct Reveal {
  friend constexpr auto member_of(Tag) { return kMember; }
};

struct WheelUsed {
  friend constexpr auto member_of(WheelUsed);
};
template struct Reveal<WheelUsed, &WakeWheel::used_>;
struct WheelBits {
  friend constexpr auto member_of(WheelBits);
};
template struct Reveal<WheelBits, &WakeWheel::bits_>;

struct Nodes {
  friend constexpr auto member_of(Nodes);
};
template struct Reveal<Nodes, &Mesh::nodes_>;
struct Channels {
  friend constexpr auto member_of(Channels);
};
template struct Reveal<Channels, &Mesh::channels_>;
struct Slots {
  friend constexpr auto member_of(Slots);
};
template struct Reveal<Slots, &Mesh::slots_>;
struct Wheel {
  friend constexpr auto member_of(Wheel);
};
template struct Reveal<Wheel, &Mesh::wheel_>;
struct Arrivals {
  friend constexpr auto member_of(Arrivals);
};
template struct Reveal<Arrivals, &Mesh::arrivals_>;
struct Uses {
  friend constexpr auto member_of(Uses);
};
template struct Reveal<Uses, &Mesh::use_>;
struct Moves {
  friend constexpr auto member_of(Moves);
};
template struct Reveal<Moves, &Mesh::moves_>;

// Whoever changes these classes looks here: is there new state that a later cycle depends on?
static_assert(sizeof(WakeWheel) == 64, "list what a wheel remembers");
static_assert(sizeof(Mesh) == 392, "list what a mesh remembers");

template <class Archive>
void persist_wheel(Archive& archive, WakeWheel& wheel) {
  archive(wheel.*member_of(WheelUsed{}), wheel.*member_of(WheelBits{}));
}

/// Wiring and timing follow from the package; the list of routers to visit lives for a cycle.
template <class Archive>
void persist_mesh(Archive& archive, Mesh& mesh) {
  archive(mesh.*member_of(Nodes{}), mesh.*member_of(Channels{}), mesh.*member_of(Slots{}),
          mesh.*member_of(Arrivals{}), mesh.*member_of(Uses{}), mesh.*member_of(Moves{}));
  persist_wheel(archive, mesh.*member_of(Wheel{}));
}

}  // namespace

void persist(StateWriter& archive, WakeWheel& wheel) { persist_wheel(archive, wheel); }
void persist(StateReader& archive, WakeWheel& wheel) { persist_wheel(archive, wheel); }
void persist(StateWriter& archive, Mesh& mesh) { persist_mesh(archive, mesh); }
void persist(StateReader& archive, Mesh& mesh) { persist_mesh(archive, mesh); }

}  // namespace ranvier::sim
