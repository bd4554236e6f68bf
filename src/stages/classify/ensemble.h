// Several networks for one task: the best of them, or their mean.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "study/stages.h"

namespace hepatica {

/// The member with the highest `score` ("best"), or all of them: per crop the mean of their logits ("logits"), or the
/// logarithm of the mean of their probabilities ("probabilities"). The abstract of arXiv:2511.19478 names three
/// backbones and not how they go together: all three ways are our reading. Explanations of a mean are those of its
/// first member. Error{wrong_checkpoint} where members tell different classes apart.
std::unique_ptr<Classifier> make_ensemble(std::vector<std::unique_ptr<Classifier>> members,
                                          const std::vector<double>& scores,
                                          const std::string& combine);

}  // namespace hepatica
