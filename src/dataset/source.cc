#include "dataset/source.h"

#include <algorithm>

namespace hepatica {
namespace {

class Selection : public SliceSource {
 public:
  Selection(std::shared_ptr<const SliceSource> source, const std::vector<std::string>& labels)
      : source_(std::move(source)) {
    for (size_t i = 0; i < source_->size(); ++i) {
      if (std::find(labels.begin(), labels.end(), source_->label(i)) != labels.end()) items_.push_back(i);
    }
  }
  size_t size() const override { return items_.size(); }
  std::string group(size_t index) const override { return source_->group(items_[index]); }
  LearningSlice get(size_t index) const override { return source_->get(items_[index]); }
  std::vector<LearningSlice> phases(size_t index) const override { return source_->phases(items_[index]); }
  std::string label(size_t index) const override { return source_->label(items_[index]); }
  std::string fingerprint() const override { return source_->fingerprint(); }

 private:
  std::shared_ptr<const SliceSource> source_;
  std::vector<size_t> items_;
};

}  // namespace

std::unique_ptr<SliceSource> select_labels(std::shared_ptr<const SliceSource> source,
                                           const std::vector<std::string>& labels) {
  return std::make_unique<Selection>(std::move(source), labels);
}

}  // namespace hepatica
