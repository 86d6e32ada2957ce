#include "ranvier/sweep/breakeven.hpp"

#include "ranvier/core/file.hpp"

#include <gtest/gtest.h>

namespace ranvier::sweep {
namespace {

PresetSetup ucie() {
  const config::Source source{"preset ucie16nm", std::string(arch::preset_yaml("ucie16nm"))};
  PresetSetup setup{.name = "ucie16nm",
                    .values = config::load({&source, 1}, {},
                                           [] {
                                             static const auto schema = full_schema({});
                                             return std::span<const config::Field>(
                                                 schema.data() + 1, schema.size() - 1);
                                           }()),
                    .package = {},
                    .cost = {}};
  setup.package = arch::package_from(setup.values);
  setup.cost = cost::cost_from(setup.values, setup.package);
  return setup;
}

TEST(EnergyLineTest, RepricingALinkBitMovesTheEnergyAlongTheLine) {
  const PresetSetup setup = ucie();
  core::Ledger ledger;
  ledger.add(core::Event::kDieToDieBits, 1000);
  ledger.add(core::Event::kDieToDieIdleBits, 4000);
  ledger.add(core::Event::kMac, 777);
  PresetResult result;
  result.preset = "ucie16nm";
  result.samples = 1;
  result.ledger = ledger;
  result.priced = cost::price(ledger, 1e-6, setup.cost);
  const EnergyLine line = energy_line(result, setup);
  // P_link = pJ/bit * rate * (idle + (1 - idle) * utilisation): a used bit costs 1, an idle one the
  // idle fraction.
  const double idle = setup.values.real("cost.d2d_idle_fraction");
  EXPECT_NEAR(line.link_bits, 1000 + idle * 4000, 1e-6);
  EXPECT_NEAR(line.fixed_pj + line.link_bits * link_pj_per_bit(setup), result.priced.total_pj,
              1e-6);
  EXPECT_DOUBLE_EQ(link_pj_per_bit(setup), 0.5);
}

}  // namespace
}  // namespace ranvier::sweep
