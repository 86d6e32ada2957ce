#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>

namespace ranvier::core {
namespace {

TEST(UserErrorTest, SaysKeyValueRangePlaceAndHint) {
  const UserError error({.key = "mesh.width",
                         .given = "0",
                         .allowed = "1..256",
                         .place = "chip.yaml:14",
                         .hint = "A chip has at least one core."});
  EXPECT_STREQ(
      error.what(),
      "[mesh.width] got 0, need 1..256. Set it at chip.yaml:14. A chip has at least one core.");
  EXPECT_EQ(error.exit_code(), ExitCode::kUserError);
  EXPECT_EQ(error.refusal().key, "mesh.width");
}

TEST(UserErrorTest, LeavesOutWhatIsUnknown) {
  const UserError error({.key = "steps", .given = "", .allowed = "", .place = "", .hint = ""});
  EXPECT_STREQ(error.what(), "[steps] got nothing.");
}

TEST(NearestNameTest, SuggestsATypoButNotAnythingElse) {
  const std::vector<std::string> names{"epochs", "learning_rate", "batch"};
  EXPECT_EQ(nearest_name("epoch", names), "epochs");
  EXPECT_EQ(nearest_name("lerning_rate", names), "learning_rate");
  EXPECT_EQ(nearest_name("zzzzzz", names), "");
}

TEST(ContractTest, NamesTheInvariantAndItsPlace) {
  EXPECT_NO_THROW(RANVIER_CONTRACT(true, "holds"));
  try {
    RANVIER_CONTRACT(1 + 1 == 3, "arithmetic holds");
    FAIL() << "the contract let a broken invariant pass";
  } catch (const ContractViolation& violation) {
    EXPECT_NE(std::string(violation.what()).find("arithmetic holds"), std::string::npos);
    EXPECT_NE(std::string(violation.what()).find("error_test.cpp"), std::string::npos);
  }
}

}  // namespace
}  // namespace ranvier::core
