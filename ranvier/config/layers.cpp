#include "ranvier/config/layers.hpp"

#include "ranvier/config/loader.hpp"

namespace ranvier::config {

Layers::Layers(std::span<const Source> sources, std::span<const Field> schema) {
  auto loader = std::make_shared<Loader>(schema);
  for (const auto& source : sources) loader->add(source);
  loader->read_defaults();
  loader_ = std::move(loader);
}

Values Layers::load(std::span<const std::string> overrides) const {
  Loader loader = *loader_;
  for (const auto& text : overrides) loader.add_override(text);
  return loader.finish();
}

}  // namespace ranvier::config
