// Mixing of training samples into new ones with soft labels, against scarcity and imbalance.
//
// MixUp: Zhang, Cisse, Dauphin and Lopez-Paz, ICLR 2018. CutMix: Yun et al., ICCV 2019. PKCP-MixUp: named in the
// abstract of arXiv:2511.19478, which neither expands the letters nor describes it. All of "pkcp" below is our reading:
// MixUp of lesions within their regions of interest, between samples of one phase, whose partners are drawn by a table
// of which classes go together, rare classes more often.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/options.h"
#include "base/rng.h"
#include "image/plane.h"

namespace hepatica {

/// How samples are mixed.
struct MixOptions {
  std::string method = "none";  ///< "none", "mixup", "cutmix", "pkcp"
  double alpha = 0.4;           ///< the share of the sample itself is drawn from Beta(alpha, alpha)
  double probability = 0.5;     ///< of a sample to be mixed

  // Of "pkcp" alone, our reading:
  /// "roi": the partner's lesion is blended into the sample's, where both regions of interest lie. "image": the whole
  /// crop is blended.
  std::string region = "roi";
  double feather_px = 3;  ///< the blend fades over this at the border of the regions; 0: a hard border
  /// Labels by the side they belong to, such as benign: [fnh, cyst]. Empty: all labels are of one side.
  std::map<std::string, std::vector<std::string>> sides;
  double same = 1;    ///< weight of partners of the sample's own label
  double within = 1;  ///< of other labels of its side
  double across = 0;  ///< of labels of other sides
  /// Weights of single pairs, {label: {partner's label: weight}}, before the three above.
  std::map<std::string, std::map<std::string, double>> affinity;
  /// A label's weight is multiplied by (number of its samples)^(1 - rarity): 0 draws labels as often as they occur, 1
  /// all alike, more than 1 rare ones more often.
  double rarity = 1;
};

/// Reads these keys. Error{bad_recipe} where labels stand in two sides, or a weight is no number of 0 or more.
MixOptions mix_options(OptionReader& reader);

/// One sample as the network sees it.
struct MixSample {
  PlaneImage image;             ///< [channels, size, size]
  std::vector<uint8_t> region;  ///< 1 inside the region of interest, [size, size]
  std::vector<float> target;    ///< probability of each class
};

/// share * a + (1 - share) * b, of pixels and targets.
MixSample mixup(const MixSample& a, const MixSample& b, double share);

/// `a` with a rectangle of b's pixels: sides sqrt(1 - share) of the image's around a drawn centre, cut off at the
/// border; the targets by the areas that are really there.
MixSample cutmix(const MixSample& a, const MixSample& b, double share, Rng& rng);

/// b's pixels blended into a's with weight 1 - share where both regions lie, fading over `feather_px` at the border;
/// the targets by the mean weight over a's region. `a` as it is where the regions do not meet. Channels of `a` that are
/// 0 everywhere in `a` or in `b` (phases that are missing) stay a's.
MixSample mix_lesions(const MixSample& a, const MixSample& b, double share, double feather_px);

/// The weight with which a sample of label `own` takes partners of label `other`, of which there are `count`.
double partner_weight(const MixOptions& options, const std::string& own, const std::string& other, size_t count);

}  // namespace hepatica
