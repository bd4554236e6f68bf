// Cross-validation of the penalised Cox model, plain and nested, with folds that keep institutions whole.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stats/concordance.h"
#include "stats/coxnet.h"

namespace hepatica::stats {

/// Which penalty is taken: that of the least mean deviance, or the largest within one standard error of it.
enum class Choice { least, one_standard_error };

struct CoxnetSearch {
  std::vector<double> alphas{0.5};  ///< each is tried; the one with the least mean deviance is taken
  Choice choice = Choice::least;
  int folds = 5;  ///< of the (inner) cross-validation
  uint64_t seed = 0;
  CoxnetOptions options;  ///< its alpha is not used
};

/// A fold for each case, 0 .. folds-1. Cases of one group (institution) share a fold. Groups are shuffled, then given
/// by falling size to the fold with the fewest events so far. Error{bad_values} where there are fewer groups than
/// folds.
std::vector<uint32_t> grouped_folds(std::span<const uint32_t> group,
                                    const SurvivalData& data,
                                    int folds,
                                    uint64_t seed);

/// Cross-validated partial likelihood deviance at each penalty.
struct CoxnetError {
  double lambda = 0, deviance = 0, standard_error = 0;
};

struct CoxnetCrossValidation {
  double alpha = 0;
  CoxnetPath path;  ///< of all cases
  std::vector<CoxnetError> errors;
  size_t least = 0, one_standard_error = 0;  ///< indices of both choices
};

/// Each fold's deviance is that of all cases less that of the others, both with the coefficients of the others (Verweij
/// and van Houwelingen, Statistics in Medicine 1993), per event; the mean over folds weighs by events, as cv.glmnet
/// does with grouped = TRUE. A fold without events, and one whose removal leaves none, takes no part.
CoxnetCrossValidation cross_validate_coxnet(const SurvivalData& data,
                                            const Matrix& covariates,
                                            const CoxnetOptions& options,
                                            std::span<const uint32_t> fold);

/// A model chosen by cross-validation within the cases it was given.
struct ChosenCoxnet {
  CoxnetCrossValidation validation;
  size_t step = 0;  ///< of its path
  std::vector<double> beta, means;

  std::vector<double> linear_predictors(const Matrix& covariates) const;
};
/// `group` is empty (each case its own) or numbers the institutions. With fewer institutions than folds the folds are
/// of cases.
ChosenCoxnet choose_coxnet(const SurvivalData& data,
                           const Matrix& covariates,
                           const CoxnetSearch& search,
                           std::span<const uint32_t> group);

struct OuterFold {
  int64_t n = 0, events = 0;
  double alpha = 0, lambda = 0;
  int nonzero = 0;
  Concordance harrell;  ///< of the fold's cases, by the model of the others
};

struct NestedValidation {
  std::vector<OuterFold> folds;
  std::vector<double> risk;  ///< for each case, by the model that did not see its fold
  Concordance pooled;  ///< Harrell's C over pairs within the same fold: scores of different models are not compared
  Estimate mean;       ///< mean of the folds' C with Student's t interval over folds
};

/// For each outer fold: the penalty is chosen by cross-validation within the other folds, the model fitted there and
/// applied to the fold. Folds run in parallel; the result does not depend on it. `group` as in choose_coxnet.
NestedValidation nested_coxnet(const SurvivalData& data,
                               const Matrix& covariates,
                               const CoxnetSearch& search,
                               std::span<const uint32_t> outer_fold,
                               std::span<const uint32_t> group,
                               double confidence = 0.95);

}  // namespace hepatica::stats
