// `hepatica bench` on the shipped models.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/files.h"

namespace hepatica {
namespace {

class BenchTest : public testing::TestWithParam<const char*> {};

TEST_P(BenchTest, TimesEveryNetworkOfTheRecipe) {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "out.json";
  const std::string command =
      std::string("'" HEPATICA_PROGRAM "' bench --no-study --repeats 1 --json --quiet --recipe ") + GetParam() +
      " > '" + out.string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const nlohmann::json networks = nlohmann::json::parse(read_file(out)).at("networks");
  std::set<std::string> roles;
  for (const auto& network : networks) {
    roles.insert(network.at("role"));
    EXPECT_GT(network.at("images_s").get<double>(), 0) << network;
    EXPECT_GT(network.at("gmac_per_image").get<double>(), 0) << network;
  }
  EXPECT_EQ(roles.size(), networks.size());
  EXPECT_TRUE(roles.contains("segment") && roles.contains("detect")) << networks;
  EXPECT_GE(roles.size(), 5u) << networks;
}

INSTANTIATE_TEST_SUITE_P(Recipes, BenchTest, testing::Values("lilnet2024", "pediatric_liver2025"));

}  // namespace
}  // namespace hepatica
