#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "base/error.h"
#include "base/progress.h"
#include "base/threads.h"
#include "stages/ingest/age.h"
#include "stages/ingest/clock.h"
#include "stages/ingest/frames.h"
#include "stages/ingest/sources.h"
#include "stages/ingest/stack.h"

namespace hepatica {
namespace {

/// Distance between slices that is enough to find the aorta and the liver, mm.
constexpr double kCoarseStepMm = 5.0;
/// A slice of CT has more values than this.
constexpr size_t kMostLabels = 64;

using ImagePtr = std::shared_ptr<DicomImage>;

struct Headers {
  std::vector<ImagePtr> images;  ///< in the order of the files
  size_t foreign = 0;            ///< files that are not DICOM
  std::vector<std::string> problems;
};

/// Reads in blocks, and keeps the tags of the first image of each series only: memory stays small for large folders.
Headers read_headers(const std::vector<fs::path>& files) {
  constexpr size_t kBlock = 512;
  Headers headers;
  std::set<std::pair<std::string, std::string>> seen;
  Progress progress("reading DICOM headers", files.size());
  for (size_t start = 0; start < files.size(); start += kBlock) {
    const size_t count = std::min(kBlock, files.size() - start);
    std::vector<ImagePtr> images(count);
    std::vector<std::string> problems(count);
    parallel_for(count, [&](size_t i) {
      check_interrupted();
      try {
        if (auto image = read_dicom_header(files[start + i]))
          images[i] = std::make_shared<DicomImage>(std::move(*image));
      } catch (const Error& error) {
        problems[i] = error.what();
      }
      progress.advance();
    });
    for (size_t i = 0; i < count; ++i) {
      if (!problems[i].empty())
        headers.problems.push_back(problems[i]);
      else if (!images[i])
        ++headers.foreign;
      if (!images[i]) continue;
      const auto& tags = images[i]->tags;
      const auto patient = [&](const char* key) { return tags.contains(key) ? tags.at(key) : std::string(); };
      const std::string who = patient("PatientID") + "\n" + patient("PatientName");
      if (!seen.emplace(images[i]->series_uid, who).second) images[i]->tags.clear();
      headers.images.push_back(std::move(images[i]));
    }
  }
  return headers;
}

/// Letters and digits alone, lower case: "Doe^Jane " and "DOE^JANE" are one person.
std::string plain_name(const std::string& name) {
  std::string plain;
  for (unsigned char c : name)
    if (c >= 0x80 || std::isalnum(c)) plain += char(std::tolower(c));
  return plain;
}

/// Looks at the images that could be diagnosed: masks, reports and captures carry all sorts of names.
void require_one_patient(const std::vector<ImagePtr>& images) {
  for (const char* key : {"PatientID", "PatientName"}) {
    std::map<std::string, std::string> found;
    for (const ImagePtr& image : images) {
      const auto tag = image->tags.find(key);
      if (tag == image->tags.end() || plain_name(tag->second).empty() || refusal_of({image, 0}, "")) continue;
      found.emplace(plain_name(tag->second), tag->second);
    }
    if (found.size() > 1)
      throw Error(ErrorCode::mixed_patients,
                  fmt::format("the study holds images of {} patients ({} '{}' and '{}'{}); give one patient's images",
                              found.size(),
                              key,
                              found.begin()->second,
                              std::next(found.begin())->second,
                              found.size() > 2 ? ", ..." : ""));
  }
}

void fill_patient(Study& study, const std::map<std::string, std::string>& tags) {
  const auto value = [&](const char* key) { return tags.contains(key) ? tags.at(key) : std::string(); };
  study.uid = value("StudyInstanceUID").empty() ? study.uid : value("StudyInstanceUID");
  study.date = value("StudyDate");
  study.patient = {
      value("PatientID"), value("PatientName"), value("PatientSex"), value("PatientBirthDate"), age_from_tags(tags)};
}

std::vector<InstanceReference> references_of(const StackPlan& plan) {
  std::vector<InstanceReference> references;
  if (!plan.is_plain()) return references;
  for (const FrameRef& ref : plan.frames)
    references.push_back(
        {ref.image->sop_class_uid, ref.image->sop_instance_uid, ref.image->file.string(), ref.frame().number});
  return references;
}

double first_acquired(const std::vector<FrameRef>& frames) {
  double first = -1;
  for (const FrameRef& ref : frames)
    if (const double time = seconds_since_midnight(ref.frame().acquisition_time); time >= 0)
      first = first < 0 ? time : std::min(first, time);
  return first;
}

/// What makes CT values doubtful without making them useless.
void add_value_warnings(const FrameRef& ref, const std::map<std::string, std::string>& tags, Series& series) {
  if (series.modality != Modality::ct) return;
  if (ref.image->format.bits_stored <= 8) series.warnings.push_back("8 bits a pixel: the values are hardly HU");
  const auto type = tags.find("RescaleType");
  if (type != tags.end() && type->second != "HU" && type->second != "HU_MOD")
    series.warnings.push_back(fmt::format("the values are stated as '{}', not HU", type->second));
}

/// Whether an image that passes as CT holds organ numbers: few values, and none below 0 as air and fat have. Only
/// images without an intercept are looked at, on one slice.
bool is_label_map(const StackPlan& plan) {
  if (plan.frames.front().frame().intercept < 0) return false;
  const Volume<int16_t> some = load_stack_sparsely(plan, std::max<int64_t>(2, plan.geometry.size[2] / 2));
  std::set<int16_t> values;
  for (const int16_t value : some.slice(some.nz() / 2)) {
    if (value < 0) return false;
    values.insert(value);
    if (values.size() > kMostLabels) return false;
  }
  return true;
}

void accept(SeriesDraft& draft, const FrameStack& stack) {
  auto plan = std::make_shared<const StackPlan>(plan_stack(stack));
  Series& series = draft.series;
  if (series.modality == Modality::ct && is_label_map(*plan)) {
    series.reason = "a map of labels, not HU";
    return;
  }
  series.accepted = true;
  series.geometry = plan->geometry;
  series.warnings.insert(series.warnings.end(), plan->warnings.begin(), plan->warnings.end());
  series.instances = references_of(*plan);
  series.load = [plan] { return load_stack(*plan); };
  const auto step = std::max<int64_t>(1, std::lround(kCoarseStepMm / plan->geometry.spacing[2]));
  draft.coarse = [plan, step] { return load_stack_sparsely(*plan, step); };
}

SeriesDraft draft_series(const FrameStack& stack, const std::map<std::string, std::string>& tags) {
  const FrameRef& first = stack.frames.front();
  SeriesDraft draft;
  Series& series = draft.series;
  series.tags = tags;
  series.tags["SeriesInstanceUID"] = first.image->series_uid;
  series.description = tags.contains("SeriesDescription") ? tags.at("SeriesDescription") : "";
  series.modality = first.image->modality == "MR" ? Modality::mr : Modality::ct;
  draft.first_acquired_s = first_acquired(stack.frames);
  const DicomPixelFormat& format = first.image->format;
  series.geometry.size = {format.columns, format.rows, int64_t(stack.frames.size())};
  if (auto reason = refusal_of(first, series.description)) {
    series.reason = *reason;
    return draft;
  }
  add_value_warnings(first, tags, series);
  try {
    accept(draft, stack);
  } catch (const Error& error) {
    series.reason = error.what();
  }
  return draft;
}

/// An object without pixels: in the table, so that nobody wonders where it went.
SeriesDraft draft_object(const DicomImage& image) {
  SeriesDraft draft;
  draft.series.tags = image.tags;
  draft.series.description = image.tags.contains("SeriesDescription") ? image.tags.at("SeriesDescription") : "";
  draft.series.reason = *refusal_of({std::make_shared<DicomImage>(image), 0}, "");
  return draft;
}

void name_drafts(std::vector<SeriesDraft>& drafts, const std::string& uid) {
  for (size_t d = 0; d < drafts.size(); ++d) {
    const std::string base = uid.empty() ? "unnamed" : uid;
    drafts[d].series.uid = drafts.size() == 1 ? base : fmt::format("{}#{}", base, d + 1);
  }
}

std::vector<SeriesDraft> draft_one_series(const std::vector<ImagePtr>& images) {
  std::map<std::string, std::string> tags;
  std::vector<FrameRef> frames;
  std::vector<SeriesDraft> drafts;
  for (const ImagePtr& image : images) {
    if (tags.empty()) tags = image->tags;
    for (size_t f = 0; f < image->frames.size(); ++f) frames.push_back({image, f});
  }
  for (const FrameStack& stack : split_series(std::move(frames))) drafts.push_back(draft_series(stack, tags));
  if (drafts.empty()) drafts.push_back(draft_object(*images.front()));
  name_drafts(drafts, images.front()->series_uid);
  return drafts;
}

int series_number(const SeriesDraft& draft) {
  const auto tag = draft.series.tags.find("SeriesNumber");
  return tag == draft.series.tags.end() ? 0 : std::atoi(tag->second.c_str());
}

}  // namespace

StudyDraft draft_from_dicom(const std::vector<fs::path>& files) {
  Headers headers = read_headers(files);
  StudyDraft draft;
  Study& study = draft.study;
  study.is_dicom = true;
  if (headers.foreign > 0)
    study.warnings.push_back(fmt::format("{} files that are not DICOM were left out", headers.foreign));
  add_capped(study.warnings, headers.problems);
  if (headers.images.empty()) {
    if (!headers.problems.empty())
      throw Error(ErrorCode::bad_format,
                  fmt::format("no DICOM image can be read; the first problem: {}", headers.problems.front()));
    throw Error(ErrorCode::no_images, "no DICOM file was found; give a folder of images");
  }
  std::map<std::string, std::vector<ImagePtr>> by_series;
  for (const ImagePtr& image : headers.images) by_series[image->series_uid].push_back(image);
  std::vector<ImagePtr> usable;
  for (const auto& [uid, images] : by_series) {
    std::vector<SeriesDraft> drafts = draft_one_series(images);
    if (std::any_of(drafts.begin(), drafts.end(), [](const SeriesDraft& one) { return one.series.accepted; }))
      usable.insert(usable.end(), images.begin(), images.end());
    std::move(drafts.begin(), drafts.end(), std::back_inserter(draft.series));
  }
  require_one_patient(usable.empty() ? headers.images : usable);
  std::set<std::string> studies;
  for (const ImagePtr& image : usable) studies.insert(image->study_uid);
  if (studies.size() > 1)
    study.warnings.push_back(fmt::format("the images are of {} studies of this patient", studies.size()));
  std::stable_sort(draft.series.begin(), draft.series.end(), [](const SeriesDraft& a, const SeriesDraft& b) {
    // Usable series first: the table's places are what --phase counts.
    if (a.series.accepted != b.series.accepted) return a.series.accepted;
    return series_number(a) < series_number(b);
  });
  const auto used = std::find_if(
      draft.series.begin(), draft.series.end(), [](const SeriesDraft& series) { return series.series.accepted; });
  fill_patient(study, (used == draft.series.end() ? draft.series.begin() : used)->series.tags);
  return draft;
}

}  // namespace hepatica
