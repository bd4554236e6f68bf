// Shapley values (Shapley, Contributions to the Theory of Games II, 1953): what each of P players adds to a value, in
// the mean over all orders in which they may join; exact over all 2^P subsets.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "stats/bootstrap.h"
#include "stats/classification.h"

namespace hepatica::stats {

inline constexpr size_t kMostPlayers = 10;

/// phi_i = sum over S without i of |S|! (P - |S| - 1)! / P! (v(S + i) - v(S)). `values` holds v of every subset: bit i
/// of its index is player i; 2^P values, 1 <= P <= kMostPlayers, else Error{bad_values}. They sum to v(all) - v(none).
std::vector<double> shapley_values(std::span<const double> values);

/// The area under the ROC curve shared out among the inputs of a classifier.
struct AucShapley {
  std::vector<Estimate> values;  ///< one a player; in AUC, they sum to the AUC with all players - .5
  std::vector<Estimate> aucs;    ///< one a subset, in the order of `subsets`; that of no player is .5
};

/// v(S) = the AUC with only the players in S, v(none) = .5. `subsets[S]` are the predictions of the same cases with
/// the same classes; `subsets[0]` is not looked at. With two classes the AUC of class `positive`, else the mean of the
/// one-vs-rest AUCs. Intervals by bootstrap over clusters, the same draws for every subset. Error{bad_values} as above,
/// and where a subset has other cases.
AucShapley auc_shapley(std::span<const Predictions> subsets,
                       int positive,
                       const Sampling& sampling,
                       const BootstrapOptions& options);

}  // namespace hepatica::stats
