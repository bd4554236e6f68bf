// What a segmenter and a detector take for lesions in whole studies, sorted out by the truth and kept for the verifier.
#pragma once

#include <memory>
#include <string>

#include "base/files.h"
#include "dataset/mixture.h"
#include "stages/detect/verify.h"
#include "study/stages.h"
#include "train/task.h"

namespace hepatica::train {

/// The stages before the verifier, as diagnosis runs them.
struct CandidateStages {
  std::shared_ptr<const Segmenter> segmenter;
  std::shared_ptr<const Detector> detector;  ///< with the confidence of `input`
  LinkOptions link;
  std::string identity;  ///< what tells these stages from others, for the cache
};

/// The candidates of one study; those that are neither surely a lesion nor surely none are left out.
struct Candidates {
  torch::Tensor views;   ///< int16 [N, channels, side, side] in units of 1/kViewUnit, widened by kViewMargin
  torch::Tensor labels;  ///< int64 [N], 1 where it is a lesion
};

constexpr double kViewUnit = 8000, kViewMargin = 1.25;

/// A candidate is a lesion where the IoU of one of its boxes with a lesion's on that slice is at least 0.2, and none
/// where none of its boxes holds a voxel of one.
class CandidateStore {
 public:
  /// Made candidates lie in `folder` by what they were made of.
  CandidateStore(StudyMixture data, VerifyInput input, CandidateStages stages, fs::path folder);

  const StudyMixture& data() const { return data_; }
  const VerifyInput& input() const { return input_; }
  /// Makes what is missing of all studies, with progress.
  void fill() const;
  Candidates get(const MixtureItem& item) const;

 private:
  fs::path file_of(const MixtureItem& item) const;
  Candidates made(const MixtureItem& item) const;

  StudyMixture data_;
  VerifyInput input_;
  CandidateStages stages_;
  fs::path folder_;
};

}  // namespace hepatica::train
