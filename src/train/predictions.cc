#include "train/predictions.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/csv.h"
#include "base/threads.h"
#include "nn/checkpoint.h"
#include "nn/losses.h"

namespace hepatica::train {
namespace {

constexpr size_t kBatch = 16;

struct ItemPrediction {
  std::string patient, truth;
  std::vector<double> logits;
  double size_mm = 0;  ///< 0: not known
};

std::vector<ItemPrediction> predict(const Task& task,
                                    nn::Network& network,
                                    const std::vector<MixtureItem>& items,
                                    const std::vector<std::string>& classes) {
  const torch::NoGradGuard no_grad;
  const auto batch = task.validation_batch(items);
  const torch::Tensor logits =
      classifier_logits(network.forward(batch.input, false, task.outputs()), int64_t(classes.size())).contiguous();
  const auto access = logits.accessor<float, 2>();
  const auto labels = batch.targets.at("labels").accessor<int64_t, 1>();
  const auto sizes = batch.targets.at("size_mm").accessor<float, 1>();
  std::vector<ItemPrediction> made;
  for (size_t n = 0; n < items.size(); ++n) {
    ItemPrediction one{task.data().group(items[n]), classes.at(size_t(labels[int64_t(n)])), {}, sizes[int64_t(n)]};
    for (int64_t c = 0; c < logits.size(1); ++c) one.logits.push_back(access[int64_t(n)][c]);
    made.push_back(std::move(one));
  }
  return made;
}

}  // namespace

torch::Tensor classifier_logits(const nn::TensorMap& outputs, int64_t classes) {
  const auto plain = outputs.find("logits");
  return plain != outputs.end() ? plain->second : nn::lilnet_aggregate(outputs.at("out4"), outputs.at("out3"), classes);
}

std::string predictions_table(const Task& task, nn::Network& network, const std::vector<MixtureItem>& items) {
  const auto classes = task.metadata().at("classes").get<std::vector<std::string>>();
  std::vector<ItemPrediction> rows;
  std::map<std::string, double> sizes;
  for (size_t first = 0; first < items.size(); first += kBatch) {
    check_interrupted();
    const std::vector<MixtureItem> some(items.begin() + long(first),
                                        items.begin() + long(std::min(items.size(), first + kBatch)));
    for (ItemPrediction& row : predict(task, network, some, classes)) {
      double& size = sizes[row.patient];
      size = std::max(size, row.size_mm);
      rows.push_back(std::move(row));
    }
  }
  std::vector<std::string> header{"case_id", "truth"};
  for (const std::string& name : classes) header.push_back("logit_" + name);
  header.push_back("size_mm");
  std::string table = csv_line(header);
  for (const ItemPrediction& row : rows) {
    std::vector<std::string> cells{row.patient, row.truth};
    for (const double logit : row.logits) cells.push_back(fmt::format("{:.6g}", logit));
    const double size = sizes.at(row.patient);
    cells.push_back(size > 0 ? fmt::format("{:.1f}", size) : "");
    table += csv_line(cells);
  }
  return table;
}

void write_predictions(const Task& task, const fs::path& checkpoint, const fs::path& folder) {
  nn::Network network = nn::network_from_checkpoint(nn::read_checkpoint(checkpoint), checkpoint.string());
  const std::vector<MixtureItem> validation = task.data().validation(SIZE_MAX), test = task.data().test();
  if (!validation.empty())
    write_file(folder / "predictions_validation.csv", predictions_table(task, network, validation));
  if (!test.empty()) write_file(folder / "predictions_test.csv", predictions_table(task, network, test));
}

}  // namespace hepatica::train
