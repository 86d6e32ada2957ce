#pragma once
// Configuration sources read once, for many sets of overrides.

#include "ranvier/config/values.hpp"

#include <memory>
#include <span>
#include <string>

namespace ranvier::config {

class Loader;

/// Sources read once, for many sets of overrides on top: load() without reading the files again.
/// Safe to use from several threads. `schema` must outlive it.
class Layers {
 public:
  /// Errors: those of load() but for required keys, which an override may still give.
  Layers(std::span<const Source> sources, std::span<const Field> schema);
  /// Equal to config::load of the same sources, overrides and schema. Errors: the same.
  Values load(std::span<const std::string> overrides) const;

 private:
  std::shared_ptr<const Loader> loader_;
};

}  // namespace ranvier::config
