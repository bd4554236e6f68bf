// Multi-reader multi-case studies: Obuchowski and Rockette's analysis of variance of figures of merit with Hillis'
// degrees of freedom, Dorfman, Berbaum and Metz' analysis of pseudovalues, and readers against a standalone method.
//
// Obuchowski NA, Rockette HE. Communications in Statistics 1995; 24:285. Hillis SL. Statistics in Medicine 2007; 26:596
// (degrees of freedom). Hillis SL, Berbaum KS, Metz CE. Academic Radiology 2008; 15:647 (DBM). Chakraborty DP. Observer
// Performance Methods for Diagnostic Imaging, 2017 (one treatment against a standalone method).
#pragma once

#include <string>
#include <vector>

#include "stats/bootstrap.h"
#include "stats/hypothesis.h"

namespace hepatica::stats {

/// What every reader said of every case in every modality: a complete design.
struct ReaderStudy {
  size_t modalities = 0, readers = 0, cases = 0;
  std::vector<uint8_t> is_positive;  ///< [cases]; used by the AUC
  std::vector<double> score;         ///< [modalities, readers, cases]: for AUC a rating, for accuracy 1 where right

  double at(size_t modality, size_t reader, size_t of_case) const {
    return score[(modality * readers + reader) * cases + of_case];
  }
};

enum class Merit { auc, accuracy };
/// How the covariances of the figures of merit over cases are found. `delong`: from placements for AUC, the sample
/// covariance of right and wrong for accuracy. `bootstrap`: cases are drawn, for AUC within each class.
enum class CovarianceMethod { jackknife, delong, bootstrap };

struct MrmcOptions {
  Merit merit = Merit::auc;
  CovarianceMethod covariance = CovarianceMethod::jackknife;
  BootstrapOptions bootstrap;  ///< its confidence is that of all intervals
};

/// Means of the covariance matrix: of one figure of merit; of one reader in two modalities; of two readers in one
/// modality; of two readers in two modalities.
struct OrCovariances {
  double variance = 0, cov1 = 0, cov2 = 0, cov3 = 0;
};

/// One modality by itself, one view of which factors are random.
struct ModalityMean {
  Estimate mean;
  double standard_error = 0;
  double degrees = 0;  ///< infinite where the interval is normal
};

/// Test of equal modalities, with the difference of each pair (first minus second) in the order (0,1), (0,2), (1,2)...
struct ModalityTest {
  Test test;
  std::vector<DifferenceTest> pairs;
  std::vector<ModalityMean> means;  ///< per modality
};

/// All of an analysis. Readers and cases are taken as random (the usual claim), readers as fixed, or cases as fixed.
struct MrmcResult {
  std::vector<std::vector<double>> merit;  ///< [modality][reader]
  double ms_modality = 0, ms_reader = 0, ms_interaction = 0;
  OrCovariances covariances;
  ModalityTest random_both, fixed_readers, fixed_cases;
};

/// Obuchowski and Rockette's analysis. Error{bad_values} where the design is empty or, for AUC, a class is absent. One
/// reader, one modality or no variance: the parts that are not defined say why.
MrmcResult obuchowski_rockette(const ReaderStudy& study, const MrmcOptions& options);

/// Mean squares of the jackknife pseudovalues and the tests that follow.
struct DbmResult {
  double ms_t = 0, ms_r = 0, ms_c = 0, ms_tr = 0, ms_tc = 0, ms_rc = 0, ms_trc = 0;
  Test random_both, fixed_readers, fixed_cases;
};
DbmResult dorfman_berbaum_metz(const ReaderStudy& study, Merit merit);

/// The readers' mean against a standalone method on the same cases: Obuchowski and Rockette's analysis of the readers'
/// differences to it (reader minus standalone), with readers and cases random, and with the readers fixed.
struct StandaloneResult {
  double standalone = 0;
  std::vector<double> readers;
  DifferenceTest random_both, fixed_readers;
};
/// `readers` has one modality; `standalone` one score a case.
StandaloneResult readers_against_standalone(const ReaderStudy& readers,
                                            const std::vector<double>& standalone,
                                            const MrmcOptions& options);

}  // namespace hepatica::stats
