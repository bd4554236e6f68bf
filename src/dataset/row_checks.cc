#include "dataset/row_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "base/threads.h"
#include "dataset/row_images.h"

namespace hepatica {
namespace {

const std::map<std::string, std::string> kOtherNames{{"hem", "hemangioma"},
                                                     {"hemangioma", "hem"},
                                                     {"met", "metastasis"},
                                                     {"metastasis", "met"},
                                                     {"good", "benign"},
                                                     {"benign", "good"},
                                                     {"bad", "malignant"},
                                                     {"malignant", "bad"}};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return text;
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The label of `known` that is meant; the label itself where there is none.
std::string known_label(const std::string& label, const std::vector<std::string>& known) {
  if (holds(known, label)) return label;
  const std::string small = lower(label);
  for (const std::string& name : known)
    if (lower(name) == small) return name;
  const auto other = kOtherNames.find(small);
  return other != kOtherNames.end() && holds(known, other->second) ? other->second : label;
}

/// Lower case without spaces.
std::string folded(const std::string& patient) {
  std::string made;
  for (const char c : lower(patient))
    if (c != ' ') made += c;
  return made;
}

void check_stated_splits(const std::vector<DataRow>& rows, DataFaults& faults) {
  std::map<std::string, const DataRow*> first;
  for (const DataRow& row : rows) {
    const auto [known, is_new] = first.try_emplace(row.patient, &row);
    if (!is_new && known->second->split != row.split)
      faults.add(row.place,
                 fmt::format("patient '{}' is in '{}' here and in '{}' at {}",
                             row.patient,
                             row.split.empty() ? "no split" : row.split,
                             known->second->split.empty() ? "no split" : known->second->split,
                             known->second->place));
  }
}

void check_identifiers(const std::vector<DataRow>& rows, DataFaults& faults) {
  std::map<std::string, const DataRow*> first;
  std::set<std::string> told;
  for (const DataRow& row : rows) {
    const auto [known, is_new] = first.try_emplace(folded(row.patient), &row);
    if (!is_new && known->second->patient != row.patient && told.insert(row.patient).second)
      faults.add(row.place,
                 fmt::format("patient '{}' and '{}' ({}) differ in case or spaces only; give one patient one name",
                             row.patient,
                             known->second->patient,
                             known->second->place));
  }
}

std::string content_of(const DataRow& row) {
  std::string key = fmt::format("{}|{}|{}|{}", row.path.string(), row.slice, row.label, row.lesions);
  for (const LesionBox& box : row.boxes)
    key += fmt::format("|{} {} {} {}", box.box.x0, box.box.y0, box.box.x1, box.box.y1);
  return key;
}

/// Rows whose `key` is that of an earlier one: a fault, dropped or kept. An empty key equals no other.
void settle_repeats(std::vector<DataRow>& rows,
                    const std::vector<std::string>& keys,
                    const std::string& duplicates,
                    DataFaults& faults) {
  std::map<std::string, const DataRow*> first;
  std::vector<bool> repeats(rows.size(), false);
  for (size_t r = 0; r < rows.size(); ++r) {
    if (keys[r].empty()) continue;
    const auto [known, is_new] = first.try_emplace(keys[r], &rows[r]);
    if (is_new) continue;
    const DataRow& other = *known->second;
    repeats[r] = true;
    if (duplicates == "refuse")
      faults.add(rows[r].place,
                 other.patient == rows[r].patient
                     ? fmt::format("repeats {}", other.place)
                     : fmt::format("patient '{}' has the image of patient '{}' at {}; remove one, or say "
                                   "`duplicates: drop`",
                                   rows[r].patient,
                                   other.patient,
                                   other.place));
  }
  if (duplicates != "drop") return;
  const auto count = std::count(repeats.begin(), repeats.end(), true);
  if (count > 0) log_warning("{} rows with images that are there already are left out", count);
  std::vector<DataRow> kept;
  for (size_t r = 0; r < rows.size(); ++r)
    if (!repeats[r]) kept.push_back(std::move(rows[r]));
  rows = std::move(kept);
}

/// What the check of one image found.
struct ImageFacts {
  int64_t width = 0, height = 0;
  std::string digest;  ///< of the values; empty where all are equal
  std::string fault;
};

template <class T>
std::string digest_of(std::span<const T> values, int64_t width, int64_t height) {
  if (std::all_of(values.begin(), values.end(), [&](T value) { return value == values[0]; })) return "";
  return sha256(fmt::format("{}x{}", width, height) +
                std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)));
}

ImageFacts facts_of(const DataRow& row, const DataOptions& options, const DataNeeds& needs) try {
  ImageFacts facts;
  if (is_picture_row(row)) {
    const LearningSlice slice = slice_of_picture(row, options);
    facts = {slice.width, slice.height, digest_of<float>(slice.hu, slice.width, slice.height), ""};
  } else {
    const std::shared_ptr<const RowVolume> volume = read_row_volume(row);
    facts = {volume->hu.nx(), volume->hu.ny(), digest_of(volume->hu.values(), volume->hu.nx(), volume->hu.ny()), ""};
    if (row.slice >= volume->hu.nz())
      facts.fault = fmt::format("slice {} of a volume with {} slices", row.slice, volume->hu.nz());
    const auto labels = volume->liver.values();
    if (needs.volumes && std::all_of(labels.begin(), labels.end(), [](uint8_t label) { return label == 0; }))
      facts.fault = fmt::format("the liver mask {} marks no voxel; name the right label, as FILE#LABEL", row.liver);
  }
  for (const LesionBox& lesion : row.boxes) {
    const Box2& b = lesion.box;
    if (b.x0 < 0 || b.y0 < 0 || b.x1 > double(facts.width) || b.y1 > double(facts.height))
      facts.fault = fmt::format(
          "the box {} {} {} {} leaves the image of {} x {}", b.x0, b.y0, b.x1, b.y1, facts.width, facts.height);
  }
  return facts;
} catch (const Error& error) {
  return {0, 0, "", error.what()};
}

void check_sizes(const std::vector<DataRow>& rows, const std::vector<ImageFacts>& facts, DataFaults& faults) {
  std::map<std::pair<int64_t, int64_t>, size_t> sizes;
  for (const ImageFacts& one : facts)
    if (one.width > 0) ++sizes[{one.width, one.height}];
  if (sizes.size() < 2) return;
  const auto most = std::max_element(sizes.begin(), sizes.end(), [](const auto& a, const auto& b) {
                      return a.second < b.second;
                    })->first;
  for (size_t r = 0; r < rows.size(); ++r)
    if (facts[r].width > 0 && std::pair(facts[r].width, facts[r].height) != most)
      faults.add(rows[r].place,
                 fmt::format("{} is {} x {}, the others {} x {}; this task needs one size",
                             rows[r].path.filename().string(),
                             facts[r].width,
                             facts[r].height,
                             most.first,
                             most.second));
}

/// Different patients with equal images; the same image in several rows of one patient is no repeat.
std::vector<std::string> keys_across_patients(const std::vector<DataRow>& rows, const std::vector<ImageFacts>& facts) {
  std::map<std::string, std::string> owner;
  std::vector<std::string> keys(rows.size());
  for (size_t r = 0; r < rows.size(); ++r) {
    if (facts[r].digest.empty()) continue;
    const auto [known, is_new] = owner.try_emplace(facts[r].digest, rows[r].patient);
    if (is_new || known->second != rows[r].patient) keys[r] = facts[r].digest;
  }
  return keys;
}

}  // namespace

void keep_phases(std::vector<DataRow>& rows, const DataOptions& options) {
  if (options.phases.empty()) return;
  const auto unwanted = [&](const DataRow& row) {
    return std::find(options.phases.begin(), options.phases.end(), row.phase) == options.phases.end();
  };
  const size_t before = rows.size();
  rows.erase(std::remove_if(rows.begin(), rows.end(), unwanted), rows.end());
  if (rows.size() < before) log_info("{} rows of other phases are left out", before - rows.size());
}

void settle_labels(std::vector<DataRow>& rows, const DataOptions& options, const DataNeeds& needs, DataFaults& faults) {
  if (needs.labels.empty()) return;
  std::map<std::string, std::string> changed;
  std::map<std::string, size_t> left_out;
  const auto settle = [&](std::string& label) {
    const std::string meant = known_label(label, needs.labels);
    if (meant != label) changed[label] = meant;
    label = meant;
    return label.empty() || lower(label) == "none" || holds(needs.labels, label);
  };
  std::vector<DataRow> kept;
  for (DataRow& row : rows) {
    bool good = settle(row.label);
    std::string bad = good ? "" : row.label;
    for (LesionBox& box : row.boxes) {
      if (settle(box.type)) continue;
      good = false;
      bad = box.type;
    }
    const bool wanted = good && (options.labels.empty() || row.label.empty() || holds(options.labels, row.label));
    if (wanted)
      kept.push_back(std::move(row));
    else if (!options.labels.empty())
      ++left_out[good ? row.label : bad];
    else
      faults.add(
          row.place,
          fmt::format("the label '{}' is no class of the task ({}); correct it, or name in `labels` the labels that "
                      "are wanted",
                      bad,
                      fmt::join(needs.labels, ", ")));
  }
  rows = std::move(kept);
  for (const auto& [from, to] : changed) log_warning("the label '{}' is taken for '{}'", from, to);
  for (const auto& [label, count] : left_out) log_info("{} rows with the label '{}' are left out", count, label);
}

void check_patients(std::vector<DataRow>& rows, const DataOptions& options, DataFaults& faults) {
  check_stated_splits(rows, faults);
  check_identifiers(rows, faults);
  std::vector<std::string> keys;
  for (const DataRow& row : rows) keys.push_back(content_of(row));
  settle_repeats(rows, keys, options.duplicates, faults);
}

std::string check_images(std::vector<DataRow>& rows,
                         const DataOptions& options,
                         const DataNeeds& needs,
                         DataFaults& faults) {
  std::vector<ImageFacts> facts(rows.size());
  parallel_for(rows.size(), [&](size_t r) {
    check_interrupted();
    facts[r] = facts_of(rows[r], options, needs);
  });
  std::string digests;
  for (size_t r = 0; r < rows.size(); ++r) {
    digests += facts[r].digest;
    if (!facts[r].fault.empty()) faults.add(rows[r].place, facts[r].fault);
  }
  if (options.one_size) check_sizes(rows, facts, faults);
  settle_repeats(rows, keys_across_patients(rows, facts), options.duplicates, faults);
  return sha256(digests);
}

}  // namespace hepatica
