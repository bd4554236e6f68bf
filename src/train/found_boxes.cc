#include "train/found_boxes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/csv.h"
#include "base/threads.h"
#include "nn/checkpoint.h"
#include "nn/yolo_loss.h"
#include "train/detect_examples.h"

namespace hepatica::train {
namespace {

constexpr size_t kBatch = 8;
constexpr double kSameLesionIou = 0.5;

std::vector<std::string> cells_of(const std::string& image, const std::string& patient, const Box2& box) {
  std::vector<std::string> cells{image, patient};
  for (const double side : {box.x0, box.y0, box.x1, box.y1}) cells.push_back(fmt::format("{:.2f}", side));
  return cells;
}

void add_image(BoxTables& tables,
               const std::string& image,
               const std::string& patient,
               const std::vector<ScoredBox>& found,
               const Batch& batch,
               int64_t n) {
  const std::vector<Box2> references = boxes_of_image(batch.targets.at("boxes"), n, 2),
                          ignored = boxes_of_image(batch.targets.at("ignore"), n, 1);
  for (const Box2& box : references) tables.references += csv_line(cells_of(image, patient, box));
  for (const ScoredBox& one : found) {
    const bool hit = std::any_of(references.begin(), references.end(), [&](const Box2& box) {
      return intersection_over_union(one.box, box) >= kSameLesionIou;
    });
    if (!hit && is_ignored(one.box, ignored)) continue;
    std::vector<std::string> cells = cells_of(image, patient, one.box);
    cells.push_back(fmt::format("{:.6g}", one.score));
    tables.found += csv_line(cells);
  }
}

}  // namespace

std::vector<ScoredBox> found_boxes(const torch::Tensor& decoded, const BoxChoice& choice) {
  const auto access = decoded.accessor<float, 2>();
  std::vector<ScoredBox> all;
  for (int64_t a = 0; a < decoded.size(1); ++a) {
    if (access[4][a] < choice.least_score) continue;
    const double x = access[0][a], y = access[1][a], w = 0.5 * access[2][a], h = 0.5 * access[3][a];
    all.push_back({{x - w, y - h, x + w, y + h}, access[4][a], 0});
  }
  all = suppress_overlaps(std::move(all), choice.suppress_iou);
  all.resize(std::min(all.size(), choice.most_boxes));
  return all;
}

std::vector<Box2> boxes_of_image(const torch::Tensor& table, int64_t n, int64_t first) {
  std::vector<Box2> all;
  const auto access = table.accessor<float, 2>();
  for (int64_t r = 0; r < table.size(0); ++r) {
    if (int64_t(access[r][0]) == n)
      all.push_back({access[r][first], access[r][first + 1], access[r][first + 2], access[r][first + 3]});
  }
  return all;
}

bool is_ignored(const Box2& box, const std::vector<Box2>& regions) {
  return std::any_of(regions.begin(), regions.end(), [&](const Box2& region) { return covered(box, region) >= 0.5; });
}

BoxTables box_tables(const Task& task, nn::Network& network, const std::vector<MixtureItem>& items) {
  const torch::NoGradGuard no_grad;
  BoxTables tables{csv_line({"image", "patient", "x0", "y0", "x1", "y1", "score"}),
                   csv_line({"image", "patient", "x0", "y0", "x1", "y1"})};
  for (size_t first = 0; first < items.size(); first += kBatch) {
    check_interrupted();
    const std::vector<MixtureItem> some(items.begin() + long(first),
                                        items.begin() + long(std::min(items.size(), first + kBatch)));
    const Batch batch = task.validation_batch(some);
    const nn::TensorMap outputs = network.forward(batch.input, false, task.outputs());
    const torch::Tensor decoded = nn::yolo_decode(outputs.at("p3"), outputs.at("p4"), outputs.at("p5")).contiguous();
    for (size_t n = 0; n < some.size(); ++n) {
      const std::string patient = task.data().group(some[n]);
      const std::string image = fmt::format("{}/{}", patient, some[n].index);
      add_image(tables, image, patient, found_boxes(decoded[int64_t(n)], {}), batch, int64_t(n));
    }
  }
  return tables;
}

void write_found_boxes(const Task& task, const fs::path& checkpoint, const fs::path& folder) {
  nn::Network network = nn::network_from_checkpoint(nn::read_checkpoint(checkpoint), checkpoint.string());
  network.use_channels_last();
  for (const auto& [part, items] :
       {std::pair{"validation", task.data().validation(SIZE_MAX)}, {"test", task.data().test()}}) {
    if (items.empty()) continue;
    const BoxTables tables = box_tables(task, network, items);
    write_file(folder / fmt::format("found_{}.csv", part), tables.found);
    write_file(folder / fmt::format("boxes_{}.csv", part), tables.references);
  }
}

}  // namespace hepatica::train
