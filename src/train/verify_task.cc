#include "train/verify_task.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "nn/losses.h"

namespace hepatica::train {
namespace {

constexpr double kFalseAStudy = 0.5;

class VerifyValidation : public Validation {
 public:
  void add(const nn::TensorMap& outputs, const Batch& batch) override {
    const torch::Tensor logits = outputs.at("logits").to(torch::kFloat).contiguous();
    const auto access = logits.accessor<float, 2>();
    const auto labels = batch.targets.at("labels").accessor<int64_t, 1>();
    for (int64_t n = 0; n < logits.size(0); ++n)
      found_.push_back({double(access[n][1]) - double(access[n][0]), labels[n] == 1});
    studies_ += batch.targets.at("studies").item<int64_t>();
  }

  Metrics metrics() const override {
    std::vector<Found> sorted = found_;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Found& a, const Found& b) { return a.score > b.score; });
    const auto lesions = double(std::count_if(sorted.begin(), sorted.end(), [](const Found& f) { return f.lesion; }));
    double hits = 0, others = 0, precisions = 0, kept = 0;
    for (const Found& one : sorted) {
      (one.lesion ? hits : others) += 1;
      if (one.lesion) precisions += hits / (hits + others);
      if (others <= kFalseAStudy * double(studies_)) kept = hits;
    }
    if (lesions == 0) return {{"average_precision", 0}, {"sensitivity", 0}};
    return {{"average_precision", precisions / lesions}, {"sensitivity", kept / lesions}};
  }

 private:
  struct Found {
    double score = 0;
    bool lesion = false;
  };
  std::vector<Found> found_;
  int64_t studies_ = 0;
};

/// Views in the values of the network's input.
torch::Tensor unpacked(const torch::Tensor& views) { return views.to(torch::kFloat).div_(kViewUnit); }

/// Rows of two-dimensional affine maps from the output's normalised coordinates to the input's.
torch::Tensor draw_map(const ViewAugmentOptions& o, double side_mm, Rng& rng) {
  const double angle = rng.uniform(-o.rotation_deg, o.rotation_deg) * M_PI / 180;
  const double shrink = std::exp(rng.uniform(-o.scale, o.scale)) / kViewMargin;
  const double x = rng.uniform(-o.shift_mm, o.shift_mm) * 2 / side_mm,
               y = rng.uniform(-o.shift_mm, o.shift_mm) * 2 / side_mm;
  const double fx = rng.chance(o.flip_x) ? -1 : 1, fy = rng.chance(o.flip_y) ? -1 : 1;
  return torch::tensor({{shrink * fx * std::cos(angle), -shrink * fy * std::sin(angle), x},
                        {shrink * fx * std::sin(angle), shrink * fy * std::cos(angle), y}},
                       torch::kFloat);
}

class VerifyTask : public Task {
 public:
  VerifyTask(std::unique_ptr<CandidateStore> store, VerifyTaskOptions options)
      : store_(std::move(store)), options_(std::move(options)) {}

  std::string role() const override { return "verify"; }
  nn::Graph graph() const override { return options_.network; }
  nlohmann::json metadata() const override {
    return {{"task", "verify"}, {"classes", {"other", "lesion"}}, {"input", json_from_input(store_->input())}};
  }
  const ItemMixture& data() const override { return store_->data(); }

  Batch training_batch(const std::vector<MixtureItem>& items, const Rng& rng) const override {
    return training_share(items, {0, items.size()}, rng);
  }

  Batch training_share(const std::vector<MixtureItem>& items, const Share& share, const Rng& rng) const override {
    std::vector<torch::Tensor> views, labels;
    for (size_t n = share.first; n < share.first + share.count; ++n) {
      Rng mine = rng.fork(n);
      const Candidates all = store_->get(items[n]);
      const torch::Tensor chosen = draw(all.labels, mine);
      if (chosen.size(0) == 0) continue;
      views.push_back(varied(unpacked(all.views.index_select(0, chosen)), mine));
      labels.push_back(all.labels.index_select(0, chosen));
    }
    return batch_of(views, labels, share.count);
  }

  size_t validation_items(size_t) const override { return 8; }
  Batch validation_batch(const std::vector<MixtureItem>& items) const override {
    const VerifyInput& input = store_->input();
    std::vector<torch::Tensor> views, labels;
    for (const MixtureItem& item : items) {
      const Candidates all = store_->get(item);
      const int64_t from = (all.views.size(3) - input.size) / 2;
      views.push_back(unpacked(all.views.narrow(2, from, input.size).narrow(3, from, input.size)));
      labels.push_back(all.labels);
    }
    return batch_of(views, labels, items.size());
  }

  torch::Tensor loss(const nn::TensorMap& outputs, const Batch& batch) const override {
    return nn::cross_entropy(outputs.at("logits"), batch.targets.at("labels"), 0);
  }
  std::set<std::string> outputs() const override { return {"logits"}; }
  std::unique_ptr<Validation> validation() const override { return std::make_unique<VerifyValidation>(); }

 private:
  /// Which candidates of a study are shown, drawn alike within each class.
  torch::Tensor draw(const torch::Tensor& labels, Rng& rng) const {
    std::vector<int64_t> order(size_t(labels.size(0)));
    std::iota(order.begin(), order.end(), 0);
    rng.shuffle(order);
    const auto access = labels.accessor<int64_t, 1>();
    std::vector<int64_t> chosen;
    size_t count[2] = {0, 0};
    for (const int64_t n : order) {
      const bool lesion = access[n] == 1;
      if (count[lesion]++ < (lesion ? options_.lesions : options_.others)) chosen.push_back(n);
    }
    return torch::tensor(at::ArrayRef<int64_t>(chosen), torch::kLong);
  }

  torch::Tensor varied(const torch::Tensor& views, Rng& rng) const {
    const VerifyInput& input = store_->input();
    std::vector<torch::Tensor> maps;
    for (int64_t n = 0; n < views.size(0); ++n)
      maps.push_back(draw_map(options_.augment, kViewMargin * input.size * input.spacing_mm, rng));
    const torch::Tensor grid =
        torch::affine_grid_generator(torch::stack(maps), {views.size(0), views.size(1), input.size, input.size}, false);
    torch::Tensor all = torch::grid_sampler_2d(views, grid, 0, 1, false);
    at::Generator noise = at::detail::createCPUGenerator(rng.next());
    for (int64_t n = 0; n < all.size(0); ++n) vary_phases(all[n], noise, rng);
    return all;
  }

  /// Grey values of one candidate's phases, in place.
  void vary_phases(torch::Tensor view, at::Generator& noise, Rng& rng) const {
    const VerifyInput& input = store_->input();
    const ViewAugmentOptions& o = options_.augment;
    const auto planes = int64_t(input.planes_mm.size()), phases = int64_t(input.phases.size());
    for (int64_t p = 0; p < phases; ++p) {
      torch::Tensor hu = view.narrow(0, p * input.channels_per_phase(), planes);
      hu.mul_(std::exp(rng.uniform(-o.gain, o.gain))).add_(rng.uniform(-o.offset, o.offset));
      hu.add_(torch::randn(hu.sizes(), noise), rng.uniform(0, o.noise));
    }
    if (phases > 1 && rng.chance(o.drop_phase))
      view.narrow(0, rng.integer(0, phases - 1) * input.channels_per_phase(), input.channels_per_phase()).zero_();
  }

  /// A network of batch norms needs two views at least: where there are fewer, empty ones are no lesion.
  Batch batch_of(std::vector<torch::Tensor>& views, std::vector<torch::Tensor>& labels, size_t studies) const {
    int64_t count = 0;
    for (const torch::Tensor& some : views) count += some.size(0);
    if (count < 2) {
      const VerifyInput& input = store_->input();
      views.push_back(torch::zeros({2 - count, input.channels(), input.size, input.size}));
      labels.push_back(torch::zeros({2 - count}, torch::kLong));
    }
    return {torch::cat(views), {{"labels", torch::cat(labels)}, {"studies", torch::tensor(int64_t(studies))}}};
  }

  std::unique_ptr<CandidateStore> store_;
  VerifyTaskOptions options_;
};

}  // namespace

ViewAugmentOptions view_augment_options(const Block& block) {
  ViewAugmentOptions o;
  OptionReader reader(block);
  o.rotation_deg = reader.number("rotation_deg", o.rotation_deg, 0, 180);
  o.scale = reader.number("scale", o.scale, 0, 1);
  o.shift_mm = reader.number("shift_mm", o.shift_mm, 0, 50);
  o.flip_x = reader.number("flip_x", o.flip_x, 0, 1);
  o.flip_y = reader.number("flip_y", o.flip_y, 0, 1);
  o.gain = reader.number("gain", o.gain, 0, 2);
  o.offset = reader.number("offset", o.offset, 0, 3);
  o.noise = reader.number("noise", o.noise, 0, 3);
  o.drop_phase = reader.number("drop_phase", o.drop_phase, 0, 1);
  reader.finish();
  return o;
}

std::unique_ptr<Task> make_verify_task(std::unique_ptr<CandidateStore> store, VerifyTaskOptions options) {
  store->fill();
  return std::make_unique<VerifyTask>(std::move(store), std::move(options));
}

}  // namespace hepatica::train
