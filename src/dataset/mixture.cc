#include "dataset/mixture.h"

#include <cmath>
#include <map>

#include "base/csv.h"
#include "base/error.h"

namespace hepatica {
namespace {

/// `count` of `items`: whole shuffled rounds one after the other.
std::vector<size_t> rounds(const std::vector<size_t>& items, size_t count, Rng& rng) {
  std::vector<size_t> drawn;
  while (drawn.size() < count && !items.empty()) {
    std::vector<size_t> round = items;
    rng.shuffle(round);
    round.resize(std::min(round.size(), count - drawn.size()));
    drawn.insert(drawn.end(), round.begin(), round.end());
  }
  return drawn;
}

}  // namespace

std::vector<std::string> groups_of(const ItemSource& source) {
  std::vector<std::string> groups;
  for (size_t i = 0; i < source.size(); ++i) groups.push_back(source.group(i));
  return groups;
}

void ItemMixture::add_part(std::string name, std::shared_ptr<const ItemSource> source, double share, Split split) {
  check_no_leak(groups_of(*source), split);
  if (split.training.empty()) throw Error(ErrorCode::bad_manifest, name + ": no item is left to train on");
  parts_.push_back({std::move(name), std::move(source), share, std::move(split)});
}

std::string ItemMixture::group(const MixtureItem& item) const {
  return parts_[item.source].name + "/" + parts_[item.source].source->group(item.index);
}

std::vector<MixtureItem> ItemMixture::draw(size_t count, Rng rng, bool balanced) const {
  double total = 0;
  for (const Part& part : parts_) total += part.share;
  std::vector<MixtureItem> items;
  double due = 0;
  for (size_t s = 0; s < parts_.size(); ++s) {
    due += double(count) * parts_[s].share / total;
    const size_t mine = size_t(std::llround(due)) - items.size();
    std::map<std::string, std::vector<size_t>> classes;
    for (const size_t i : parts_[s].split.training) classes[balanced ? parts_[s].source->label(i) : ""].push_back(i);
    size_t left = mine, classes_left = classes.size();
    for (const auto& [label, members] : classes) {
      const size_t of_class = (left + classes_left - 1) / classes_left;
      for (const size_t i : rounds(members, of_class, rng)) items.push_back({s, i});
      left -= of_class;
      --classes_left;
    }
  }
  rng.shuffle(items);
  return items;
}

size_t ItemMixture::training_size() const {
  size_t size = 0;
  for (const Part& part : parts_) size += part.split.training.size();
  return size;
}

std::vector<MixtureItem> ItemMixture::training() const {
  std::vector<MixtureItem> items;
  for (size_t s = 0; s < parts_.size(); ++s) {
    for (const size_t i : parts_[s].split.training) items.push_back({s, i});
  }
  return items;
}

std::vector<MixtureItem> ItemMixture::validation(size_t most) const {
  std::vector<MixtureItem> items;
  for (size_t s = 0; s < parts_.size(); ++s) {
    const std::vector<size_t>& all = parts_[s].split.validation;
    const size_t count = std::min(most, all.size());
    for (size_t n = 0; n < count; ++n) items.push_back({s, all[n * all.size() / count]});
  }
  return items;
}

std::map<std::string, size_t> ItemMixture::training_labels() const {
  std::map<std::string, size_t> counts;
  for (const Part& part : parts_)
    for (const size_t i : part.split.training) ++counts[part.source->label(i)];
  return counts;
}

std::vector<MixtureItem> ItemMixture::test() const {
  std::vector<MixtureItem> items;
  for (size_t s = 0; s < parts_.size(); ++s)
    for (const size_t i : parts_[s].split.test) items.push_back({s, i});
  return items;
}

std::string ItemMixture::split_table() const {
  std::string table = csv_line({"source", "patient", "part", "items"});
  for (const Part& part : parts_) {
    for (const auto& [name, items] : {std::pair{"train", &part.split.training},
                                      {"validation", &part.split.validation},
                                      {"test", &part.split.test}}) {
      std::map<std::string, size_t> patients;
      for (const size_t i : *items) ++patients[part.source->group(i)];
      for (const auto& [patient, count] : patients)
        table += csv_line({part.name, patient, name, std::to_string(count)});
    }
  }
  return table;
}

nlohmann::json ItemMixture::describe() const {
  nlohmann::json all = nlohmann::json::array();
  for (const Part& part : parts_) {
    all.push_back({{"name", part.name},
                   {"share", part.share},
                   {"items", part.source->size()},
                   {"training", part.split.training.size()},
                   {"validation", part.split.validation.size()},
                   {"sha256", part.source->fingerprint()}});
    if (!part.split.test.empty()) all.back()["test"] = part.split.test.size();
  }
  return all;
}

}  // namespace hepatica
