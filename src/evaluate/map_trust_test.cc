#include "evaluate/map_trust.h"

#include <gtest/gtest.h>

namespace hepatica {
namespace {

MapCheck check(double deletion, bool hit, std::optional<double> correlation) {
  MapCheck made;
  made.deletion = {1, deletion, 0};
  made.insertion = {0, .5, 1};
  made.deletion_area = deletion;
  made.insertion_area = .5;
  made.hit = hit;
  made.correlations = {correlation};
  return made;
}

TrustData data() {
  TrustData made;
  made.layers = {"fc"};
  for (const char* patient : {"a", "a", "b", "c"}) {
    made.crops.emplace_back();
    made.crops.back().patient = patient;
    made.crops.back().lesion_share = .1;
  }
  made.methods.push_back(
      {"cam", false, {check(.2, true, .5), check(.4, true, std::nullopt), check(.6, false, -.1), check(.8, true, 0)}});
  MapCheck control = check(.5, false, {});
  control.correlations.clear();
  made.methods.push_back({"random", true, {control, control, control, control}});
  return made;
}

TEST(MapTrust, MeansByHand) {
  const TrustData made = data();
  const std::vector<MethodTrust> trust = summarise(made, {200, 1, .95});
  ASSERT_EQ(trust.size(), 2u);
  EXPECT_NEAR(*trust[0].deletion.value, .5, 1e-12);
  EXPECT_NEAR(*trust[0].pointing.value, .75, 1e-12);
  // Wilson, 3 of 4: (.75 + z^2/8 +- z sqrt(.1875/4 + z^2/64)) / (1 + z^2/4) with z = 1.959964.
  EXPECT_NEAR(*trust[0].pointing.lower, .30064, 1e-4);
  EXPECT_NEAR(*trust[0].pointing.upper, .95441, 1e-4);
  EXPECT_NEAR(*trust[0].correlations[0].value, .4 / 3, 1e-12);  // the constant map is left out
  EXPECT_EQ(trust[0].correlations[0].n, 3);
  EXPECT_TRUE(trust[1].correlations.empty());
  EXPECT_NEAR(chance_of_hit(made), .1, 1e-12);
}

TEST(MapTrust, TablesAndFigure) {
  const TrustData made = data();
  const std::vector<MethodTrust> trust = summarise(made, {200, 1, .95});
  const nlohmann::json json = json_from_trust(made, trust);
  EXPECT_EQ(json["patients"], 3);
  EXPECT_EQ(json["methods"]["cam"]["rank_correlation"][0]["layer"], "fc");
  EXPECT_TRUE(json["methods"]["cam"]["residual"].is_null());
  EXPECT_NE(csv_from_trust(made, trust).find("cam,pointing_game,,0.75,"), std::string::npos);
  EXPECT_NE(trust_crops_csv(made).find("a,,0,0,,0,0.1,cam,0.2,0.5,1,,0.5"), std::string::npos);
  const std::string csv = trust_figure(made, trust).csv;
  EXPECT_NE(csv.find("CAM,0.5,0.5"), std::string::npos);  // mean of .2 .4 .6 .8 at half of the pixels
  EXPECT_NE(csv.find("Random map"), std::string::npos);
}

}  // namespace
}  // namespace hepatica
