// Ten classes = five shapes x two directions of the stripes that fill them. Place, size, turn,
// phase, period, colours and background are random, so no pixel carries the class: the shape and
// the texture do.
//
// Only +, -, *, / and comparisons of doubles are used (IEEE 754 fixes their result), never sin or
// exp, whose last bit differs between libraries: the bytes are equal on every machine.

#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/train/data/loaders.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace ranvier::train {
namespace {

constexpr int kImageChannels = 3;
constexpr int kShapes = 5;
constexpr int kClasses = 2 * kShapes;
constexpr int64_t kTrainSamples = 20000;
constexpr int64_t kTestSamples = 2000;
constexpr int64_t kMostSamples = 1'000'000;
constexpr double kNoise = 0.06;          // standard deviation, full scale 1
constexpr double kLeastContrast = 0.22;  // between any two of the three colours, mean over channels
constexpr uint64_t kTrainImages = 1;
constexpr uint64_t kTestImages = 2;

using Colour = std::array<double, kImageChannels>;

/// A direction as cosine and sine.
struct Turn {
  double cosine = 1;
  double sine = 0;
};

struct Scene {
  int shape = 0;
  double centre_x = 0, centre_y = 0;  // [pixel]
  double radius = 1;                  // [pixel]
  Turn turn;                          // of the shape
  Turn stripes;                       // across the stripes
  double period = 3;                  // of the stripes [pixel]
  double phase = 0;                   // of the stripes [periods]
  Turn ground_stripes;
  double ground_period = 5;  // [pixel]
  double ground_phase = 0;   // [periods]
  Colour light{}, dark{}, ground{}, ground_swing{};
};

double between(core::Rng& rng, double low, double high) {
  return low + (high - low) * rng.uniform();
}

/// Uniform in the half-angle tangent, which is near uniform in the angle for |tangent| <= 1 (90
/// degrees).
Turn random_turn(core::Rng& rng, double half_tangent) {
  const double t = between(rng, -half_tangent, half_tangent);
  return {.cosine = (1 - t * t) / (1 + t * t), .sine = 2 * t / (1 + t * t)};
}

/// Irwin-Hall of four: near normal, standard deviation 1, bounded by 3.5.
double noise(core::Rng& rng) {
  const double sum = rng.uniform() + rng.uniform() + rng.uniform() + rng.uniform();
  return (sum - 2.0) * 1.7320508075688772;  // sqrt(12 / 4)
}

/// A smooth wave of period 1 and range -1..1: a triangle, rounded by a cubic.
double wave(double phase) {
  const double fraction = phase - std::floor(phase);
  const double triangle = 4 * std::fabs(fraction - 0.5) - 1;
  return triangle * (1.5 - 0.5 * triangle * triangle);
}

Colour random_colour(core::Rng& rng) {
  Colour colour{};
  for (double& part : colour) part = between(rng, 0.1, 0.9);
  return colour;
}

/// Mean over channels of the absolute difference.
double distance(const Colour& a, const Colour& b) {
  double sum = 0;
  for (size_t c = 0; c < kImageChannels; ++c) sum += std::fabs(a[c] - b[c]);
  return sum / kImageChannels;
}

Colour contrasting(core::Rng& rng, const Colour& other) {
  for (;;) {
    const Colour colour = random_colour(rng);
    if (distance(colour, other) >= kLeastContrast) return colour;
  }
}

Scene random_scene(core::Rng& rng, int label, int side) {
  Scene scene;
  scene.shape = label % kShapes;
  scene.radius = side * between(rng, 0.27, 0.40);
  const double margin = 0.8 * scene.radius;
  scene.centre_x = between(rng, margin, side - margin);
  scene.centre_y = between(rng, margin, side - margin);
  scene.turn = random_turn(rng, 0.12);
  scene.stripes = random_turn(rng, 0.16);
  if (label >= kShapes) std::swap(scene.stripes.cosine, scene.stripes.sine);
  scene.period = between(rng, 2.6, 4.2);
  scene.phase = rng.uniform();
  scene.ground_stripes = random_turn(rng, 1.0);
  scene.ground_period = between(rng, 3.0, 9.0);
  scene.ground_phase = rng.uniform();
  scene.light = random_colour(rng);
  scene.dark = contrasting(rng, scene.light);
  scene.ground = contrasting(rng, scene.light);
  while (distance(scene.ground, scene.dark) < kLeastContrast)
    scene.ground = contrasting(rng, scene.light);
  for (double& swing : scene.ground_swing) swing = between(rng, -0.12, 0.12);
  return scene;
}

/// Whether (x, y), relative to the centre and in radii, lies in the shape. Each is its own mirror
/// image.
bool inside(int shape, double x, double y) {
  const double ax = std::fabs(x);
  const double ay = std::fabs(y);
  switch (shape) {
    case 0:
      return x * x + y * y <= 1;  // disc
    case 1:
      return x * x + y * y <= 1.1 && x * x + y * y >= 0.3;  // ring
    case 2:
      return ax <= 0.88 && ay <= 0.88;  // square
    case 3:
      return y <= 0.85 && y >= 2 * ax - 1.05;  // triangle
    default:
      return (ax <= 0.36 && ay <= 1.05) || (ay <= 0.36 && ax <= 1.05);  // cross
  }
}

void draw(const Scene& scene, core::Rng& rng, int side, uint8_t* pixels) {
  const int plane = side * side;
  for (int row = 0; row < side; ++row) {
    for (int column = 0; column < side; ++column) {
      const double x = (column + 0.5 - scene.centre_x) / scene.radius;
      const double y = (row + 0.5 - scene.centre_y) / scene.radius;
      const bool filled = inside(scene.shape, x * scene.turn.cosine + y * scene.turn.sine,
                                 y * scene.turn.cosine - x * scene.turn.sine);
      const double stripe = wave(
          (column * scene.stripes.cosine + row * scene.stripes.sine) / scene.period + scene.phase);
      const double ripple =
          wave((column * scene.ground_stripes.cosine + row * scene.ground_stripes.sine) /
                   scene.ground_period +
               scene.ground_phase);
      for (size_t c = 0; c < kImageChannels; ++c) {
        const double mix = 0.5 + 0.5 * stripe;
        const double paint = filled ? scene.dark[c] + mix * (scene.light[c] - scene.dark[c])
                                    : scene.ground[c] + ripple * scene.ground_swing[c];
        const double value = std::clamp(paint + kNoise * noise(rng), 0.0, 1.0);
        pixels[static_cast<int>(c) * plane + row * side + column] =
            static_cast<uint8_t>(255.0 * value + 0.5);
      }
    }
  }
}

Dataset draw_set(const DataSpec& spec, uint64_t stream, int64_t count) {
  Dataset set;
  set.name = "procedural";
  set.channels = kImageChannels;
  set.height = set.width = spec.image_size;
  set.classes = kClasses;
  set.pixels.resize(static_cast<size_t>(count * set.image_bytes()));
  set.labels.resize(static_cast<size_t>(count));
  const core::Rng root = core::Rng(spec.seed).fork(stream);
  for (int64_t i = 0; i < count; ++i) {
    core::Rng rng = root.fork(static_cast<uint64_t>(i));
    const int label = static_cast<int>(i % kClasses);
    const Scene scene = random_scene(rng, label, spec.image_size);
    draw(scene, rng, spec.image_size, set.pixels.data() + i * set.image_bytes());
    set.labels[static_cast<size_t>(i)] = label;
  }
  return set;
}

}  // namespace

Data draw_procedural(const DataSpec& spec) {
  if (spec.image_size < 8 || spec.image_size > 64) {
    throw core::UserError({.key = "data.image_size",
                           .given = std::to_string(spec.image_size),
                           .allowed = "8..64",
                           .place = {},
                           .hint = {}});
  }
  const auto count = [](std::optional<int64_t> given, int64_t fallback, std::string_view key) {
    return limited(given.value_or(fallback), kMostSamples, key);
  };
  const int64_t train = count(spec.train_samples, kTrainSamples, "data.train_samples");
  const int64_t test = count(spec.test_samples, kTestSamples, "data.test_samples");
  return {.train = draw_set(spec, kTrainImages, train), .test = draw_set(spec, kTestImages, test)};
}

}  // namespace ranvier::train
