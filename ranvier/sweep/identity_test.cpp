#include "ranvier/sweep/identity.hpp"

#include "ranvier/core/file.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/test_network.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ranvier::sweep {
namespace {

Experiment experiment(const std::vector<std::string>& overrides) {
  const auto file = std::filesystem::path(::testing::TempDir()) /
                    ("identity_" + std::to_string(getpid()) + ".yaml");
  core::write_file_atomic(file, "name: t\nhardware: {chips_x: 2, mesh: 6}\npresets: [ucie16nm]\n");
  static const config::Field wire{
      .key = "variants.*.wire", .kind = config::Kind::kText, .fallback = ""};
  const auto loaded = load_experiment(file, overrides, {&wire, 1});
  std::filesystem::remove(file);
  return loaded;
}

std::string simulation(const std::vector<std::string>& overrides,
                       Fidelity fidelity = Fidelity::kCycle) {
  const auto of = experiment(overrides);
  return simulation_identity(of, of.presets[0], "hnn", fidelity, "bundle", "v").hash;
}

TEST(Identity, SimulationsDependOnHardwareNotOnPrices) {
  EXPECT_EQ(simulation({}), simulation({"cost.d2d_bit=3 pJ/bit"}));
  EXPECT_NE(simulation({}), simulation({"hardware.serdes.lanes=3"}));
  EXPECT_NE(simulation({}), simulation({"variants.hnn.wire=aer"}));
  EXPECT_EQ(simulation({}), simulation({"variants.other.wire=aer"}));
  EXPECT_NE(simulation({}), simulation({"simulate.samples=2"}));
  EXPECT_NE(simulation({}), simulation({}, Fidelity::kAnalytic));
}

TEST(Identity, SpellingAndSourceOfAValueDoNotMatter) {
  EXPECT_EQ(simulation({"hardware.core_clock=1000 MHz"}),
            simulation({"hardware.core_clock=1 GHz"}));
  EXPECT_EQ(simulation({"hardware.core_clock={value: 1 GHz, source: x, seen: memory}"}),
            simulation({"hardware.core_clock=1 GHz"}));
}

TEST(Identity, ASearchedMappingIsPartOfASimulation) {
  const auto search = [](std::vector<std::string> overrides, const char* least = "latency") {
    overrides.push_back(std::string("mapping.search=") + least);
    return search_identity(experiment(overrides), "hnn")->hash;
  };
  EXPECT_FALSE(search_identity(experiment({}), "hnn"));
  EXPECT_EQ(search({}), search({"variants.other.wire=aer"}));
  EXPECT_NE(search({}), search({}, "bits"));
  EXPECT_NE(search({}), search({"seed=2"}));
  EXPECT_NE(search({}), search({"mapping.moves=7"}));
  EXPECT_NE(search({}), search({"hardware.serdes.lanes=3"}));
  EXPECT_NE(search({}), search({"variants.hnn.wire=aer"}));
  EXPECT_EQ(search({}), search({"cost.d2d_bit=3 pJ/bit"}));
  EXPECT_NE(search({}, "energy"), search({"cost.d2d_bit=3 pJ/bit"}, "energy"));
  EXPECT_NE(search({}, "edp"), search({"cost.d2d_bit=3 pJ/bit"}, "edp"));
  const auto of = experiment({});
  const auto with = [&](const char* hash) {
    return simulation_identity(of, of.presets[0], "hnn", Fidelity::kCycle, "bundle", "v", hash)
        .hash;
  };
  EXPECT_EQ(with(""), simulation({}));
  EXPECT_NE(with("a"), with(""));
  EXPECT_NE(with("a"), with("b"));
  EXPECT_NE(workload_key(of, of.presets[0], "hnn", "a"), workload_key(of, of.presets[0], "hnn"));
}

TEST(Identity, DeliveryCountsWhereItForks) {
  const std::string multicast = "mapping.delivery=multicast";
  const std::string fork = "hardware.router.fork_flits=32";
  EXPECT_NE(simulation({multicast}), simulation({}));
  EXPECT_EQ(simulation({"mapping.delivery=unicast"}), simulation({}));
  EXPECT_NE(simulation({multicast, fork}), simulation({multicast}));
  EXPECT_EQ(simulation({fork}), simulation({})) << "nothing forks";
  const auto workload = [](const std::vector<std::string>& overrides) {
    const auto of = experiment(overrides);
    return workload_key(of, of.presets[0], "hnn");
  };
  EXPECT_NE(workload({multicast}), workload({}));
  EXPECT_NE(workload({multicast, fork}), workload({multicast}));
  EXPECT_EQ(workload({fork}), workload({}));
  const std::string search = "mapping.search=bits";
  const auto searched = [](const std::vector<std::string>& overrides) {
    return search_identity(experiment(overrides), "hnn")->hash;
  };
  EXPECT_NE(searched({search, multicast}), searched({search}));
  EXPECT_EQ(searched({search, fork}), searched({search}));
}

TEST(Identity, LossyLinksAndMulticastAreRefusedTogether) {
  const std::vector<std::string> lossy{"mapping.delivery=multicast",
                                       "hardware.serdes.bit_error_rate=1e-6"};
  try {
    experiment(lossy);
    FAIL() << "accepted";
  } catch (const core::UserError& error) {
    EXPECT_EQ(error.refusal().key, "mapping.delivery");
    EXPECT_THAT(error.refusal().allowed, ::testing::HasSubstr("bit_error_rate"));
  }
  auto repeated = lossy;
  repeated.push_back("hardware.serdes.crc_bits=16");
  repeated.push_back("hardware.serdes.retry=go_back_n");
  EXPECT_NO_THROW(experiment(repeated));
}

TEST(Identity, TheSeedCountsOnlyWhereItIsUsed) {
  EXPECT_EQ(simulation({"seed=2"}), simulation({}));
  const std::string errors = "hardware.serdes.bit_error_rate=1e-6";
  EXPECT_NE(simulation({errors, "seed=2"}), simulation({errors}));
  EXPECT_EQ(simulation({errors, "seed=2"}, Fidelity::kAnalytic),
            simulation({errors}, Fidelity::kAnalytic));
  EXPECT_FALSE(depends_on_seed(experiment({}), Fidelity::kCycle));
  EXPECT_TRUE(depends_on_seed(experiment({errors}), Fidelity::kCycle));
  EXPECT_FALSE(depends_on_seed(experiment({errors}), Fidelity::kAnalytic));
  EXPECT_TRUE(depends_on_seed(experiment({"mapping.search=bits"}), Fidelity::kAnalytic));
}

TEST(Identity, PricesDependOnCostAlone) {
  const auto price = [](const std::vector<std::string>& overrides) {
    return price_identity(experiment(overrides).presets[0]).hash;
  };
  EXPECT_EQ(price({}), price({"hardware.serdes.lanes=3"}));
  EXPECT_NE(price({}), price({"cost.d2d_bit=3 pJ/bit"}));
}

TEST(Identity, TrainingKeysAreThoseThatNothingElseReads) {
  for (const char* key : {"seed", "train.epochs", "data.path", "variants.a.codec"}) {
    EXPECT_TRUE(is_training_key(key)) << key;
  }
  for (const char* key :
       {"hardware.mesh", "cost.d2d_bit", "simulate.samples", "mapping.search", "variants.a.wire"}) {
    EXPECT_FALSE(is_training_key(key)) << key;
  }
}

/// The text of everything that a workload holds.
std::string workload_text(const arch::PackageSpec& package) {
  const auto network = map::testing::two_chip_network(ir::NetworkKind::kHnn,
                                                      codec::parse_codec("graded(2)", "t"), 1);
  const auto activity = map::testing::random_activity(network, 1, 0.3, 7);
  const auto mapping = map::map_network(network, package);
  const auto workload =
      map::build_workload(network, mapping, activity, 0, codec::WireKind::kAuto, package);
  std::string text;
  for (const auto& t : workload.tasks) {
    text +=
        fmt::format("{} {} {} {} {} {} {} {}\n", t.tile.index(), t.macs, t.acs, t.weight_read_bits,
                    t.state_read_bits, t.state_write_bits, t.events, t.service.value());
  }
  for (const auto& m : workload.messages) {
    text += fmt::format("{} {} {} {} {} {}\n", m.source, m.target, m.packets, m.flits_per_packet,
                        m.bits_per_flit, m.bits);
  }
  return text;
}

/// Whoever makes the mapping depend on a link or a clock must take that key into workload_key.
TEST(Identity, KeysOutsideTheWorkloadKeyNeverChangeTheWorkload) {
  const Experiment base = experiment({});
  const std::string key = workload_key(base, base.presets[0], "hnn");
  const std::string text = workload_text(base.presets[0].package);
  int outside = 0;
  for (const auto& field : arch::hardware_schema()) {
    const double number = field.maximum < 2 ? field.maximum / 2 : std::max(field.minimum * 2, 2.0);
    std::string other = fmt::format("{}", number);
    if (field.kind == config::Kind::kQuantity) other += " " + std::string(field.unit);
    if (field.kind == config::Kind::kChoice) {
      other = field.allowed.substr(field.allowed.rfind('|') + 1);  // its last name
    }
    if (field.key == "hardware.serdes.clock_phase") other = "20 ps";
    if (!field.key.starts_with("hardware.serdes.") && !field.key.starts_with("hardware.emio.") &&
        !field.key.starts_with("hardware.router.") && field.key != "hardware.core_clock") {
      continue;
    }
    if (field.key == "hardware.serdes.crc_bits" || field.key == "hardware.serdes.retry") continue;
    const auto changed = experiment({std::string(field.key) + "=" + other});
    ASSERT_EQ(workload_key(changed, changed.presets[0], "hnn"), key) << field.key;
    EXPECT_EQ(workload_text(changed.presets[0].package), text) << field.key;
    ++outside;
  }
  EXPECT_GE(outside, 15);
  // A checksum adds bits to what crosses; a retry, which needs one, adds nothing more.
  const auto with_crc = experiment({"hardware.serdes.crc_bits=8"});
  const std::string crc_key = workload_key(with_crc, with_crc.presets[0], "hnn");
  EXPECT_NE(crc_key, key);
  const auto with_retry =
      experiment({"hardware.serdes.crc_bits=8", "hardware.serdes.retry=go_back_n"});
  EXPECT_EQ(workload_key(with_retry, with_retry.presets[0], "hnn"), crc_key);
  EXPECT_EQ(workload_text(with_retry.presets[0].package),
            workload_text(with_crc.presets[0].package));
  const auto mesh = experiment({"hardware.mesh=7"});
  EXPECT_NE(workload_key(mesh, mesh.presets[0], "hnn"), key);
}

}  // namespace
}  // namespace ranvier::sweep
