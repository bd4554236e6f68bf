// What a trained classifier says of the patients that it did not learn from.
#pragma once

#include "base/files.h"
#include "nn/network.h"
#include "train/task.h"

namespace hepatica::train {

/// Logits [N, classes] of any classifier: its "logits", else LiLNet's aggregate of "out4" and "out3".
torch::Tensor classifier_logits(const nn::TensorMap& outputs, int64_t classes);

/// A table for `hepatica evaluate`, one row an item: case_id (the patient), truth, logit_<class>..., and size_mm
/// (longer side of the largest box of the patient; empty where there is none). `task` is a classifier's, whose
/// validation batches hold "labels" and "size_mm"; inputs are those of validation. The rows of a patient are averaged
/// there, as LiLNet does.
std::string predictions_table(const Task& task, nn::Network& network, const std::vector<MixtureItem>& items);

/// Writes `folder`/predictions_validation.csv and, where patients were kept for it, predictions_test.csv, with the
/// network in `checkpoint`.
void write_predictions(const Task& task, const fs::path& checkpoint, const fs::path& folder);

}  // namespace hepatica::train
