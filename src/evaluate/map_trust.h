// What checks of explanation maps say over a cohort: tables and figures.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "draw/drawing.h"
#include "stats/bootstrap.h"

namespace hepatica {

/// The crop of one lesion in one image, with the class whose evidence was mapped.
struct TrustCrop {
  std::string patient, phase;
  int64_t slice = 0;
  int lesion = 0;  ///< label of the reference
  std::string chosen;
  double probability = 0;
  double lesion_share =
      0;  ///< of the crop's pixels on the lesion, tolerance included: a point drawn blindly hits so often
};

/// The checks of one method's map of one crop (see stages/explain/map_checks.h).
struct MapCheck {
  std::vector<double> deletion, insertion;  ///< probabilities after each step
  double deletion_area = 0, insertion_area = 0;
  bool hit = false;                                 ///< the map's highest pixel lies on the lesion
  std::optional<double> residual;                   ///< of maps of pixels' values, in logits
  std::vector<std::optional<double>> correlations;  ///< with the maps after each layer; empty for controls
};

/// One method over all crops.
struct MethodChecks {
  std::string name;
  bool control = false;           ///< a map that knows nothing of the network: "random", "centre"
  std::vector<MapCheck> of_crop;  ///< in the order of the crops
};

struct TrustData {
  std::vector<TrustCrop> crops;
  std::vector<std::string> layers;  ///< untrained one after the other, from the outputs to the input
  std::vector<MethodChecks> methods;
};

/// The estimates of one method. Areas and correlations are means over crops with a bootstrap over patients; the
/// pointing game has Wilson's interval over crops.
struct MethodTrust {
  std::string name;
  bool control = false;
  stats::Estimate deletion, insertion, pointing;
  std::optional<stats::Estimate> residual;    ///< mean absolute
  std::vector<stats::Estimate> correlations;  ///< one a layer
};
std::vector<MethodTrust> summarise(const TrustData& data, const stats::BootstrapOptions& options);

/// {"patients", "crops", "chance", "layers", "methods": {name: {"deletion_area", "insertion_area", "pointing_game",
/// "residual", "rank_correlation": [{"layer", ...}], "control"}}}.
nlohmann::json json_from_trust(const TrustData& data, const std::vector<MethodTrust>& methods);
/// "method,check,layer,value,lower,upper,n,interval": all estimates.
std::string csv_from_trust(const TrustData& data, const std::vector<MethodTrust>& methods);
/// One row a crop and method.
std::string trust_crops_csv(const TrustData& data);
/// Four panels: rank correlation by layer, deletion, insertion, pointing game.
draw::Drawing trust_figure(const TrustData& data, const std::vector<MethodTrust>& methods);

/// Mean of the crops' lesion_share.
double chance_of_hit(const TrustData& data);

}  // namespace hepatica
