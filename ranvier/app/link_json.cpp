#include "ranvier/app/link_json.hpp"

#include <nlohmann/json.hpp>

namespace ranvier::app {

nlohmann::ordered_json links_json(std::span<const sim::LinkUse> links) {
  auto all = nlohmann::ordered_json::array();
  for (const sim::LinkUse& link : links) {
    all.push_back({{"from_chip", link.from.index()},
                   {"to_chip", link.to.index()},
                   {"flits", link.flits},
                   {"link_bits", link.bits},
                   {"utilisation_fraction", link.utilisation},
                   {"damaged_flits", link.damaged_flits},
                   {"resent_flits", link.resent_flits},
                   {"resent_link_bits", link.resent_bits}});
  }
  return all;
}

}  // namespace ranvier::app
