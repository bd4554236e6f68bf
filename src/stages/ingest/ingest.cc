#include "stages/ingest/ingest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "io/dicom_read.h"
#include "io/volume_file.h"
#include "io/zip_read.h"
#include "stages/ingest/phase.h"
#include "stages/ingest/phase_text.h"
#include "stages/ingest/sources.h"

namespace hepatica {
namespace {

bool starts_as_dicom(const fs::path& file) {
  try {
    return read_dicom_header(file).has_value();
  } catch (const Error&) {
    return true;  // DICOM, though broken
  }
}

std::vector<fs::path> with_volume_names(const std::vector<fs::path>& files) {
  std::vector<fs::path> volumes;
  // The voxels of an ANALYZE pair are read through its header.
  for (const fs::path& file : files)
    if (is_volume_name(file) && file.extension() != ".img") volumes.push_back(file);
  return volumes;
}

std::optional<fs::path> dicomdir_in(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::string name = entry.path().filename().string();
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return char(std::toupper(c)); });
    if (name == "DICOMDIR" && entry.is_regular_file()) return entry.path();
  }
  return std::nullopt;
}

StudyDraft draft_from_dicomdir(const fs::path& dicomdir) {
  const std::vector<fs::path> files = files_of_dicomdir(dicomdir);
  if (files.empty())
    throw Error(ErrorCode::no_images,
                fmt::format("{} refers to no file that exists; copy the whole medium", dicomdir.string()));
  return draft_from_dicom(files);
}

/// Folders below `folder` that are named after a phase and hold pictures (LiLNet's data set: CT, AP, PVP).
std::vector<PictureStack> phase_stacks(const fs::path& folder) {
  std::vector<PictureStack> stacks;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    const std::string name = entry.path().filename().string();
    const auto phase = phase_from_name(name);
    auto files = phase ? list_pictures(entry.path()) : std::vector<fs::path>{};
    if (!files.empty()) stacks.push_back({name, *phase, std::move(files)});
  }
  std::sort(stacks.begin(), stacks.end(), [](const auto& a, const auto& b) { return a.phase < b.phase; });
  return stacks;
}

std::optional<StudyDraft> draft_from_picture_folder(const fs::path& folder, const IngestOptions& options) {
  if (auto stacks = phase_stacks(folder); !stacks.empty()) return draft_from_pictures(stacks, options.pictures);
  if (auto files = list_pictures(folder); !files.empty()) {
    const std::string name = fs::weakly_canonical(folder).filename().string();
    return draft_from_pictures({{name, Phase::unknown, std::move(files)}}, options.pictures);
  }
  std::vector<fs::path> below;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_directory() && (!list_pictures(entry.path()).empty() || !phase_stacks(entry.path()).empty()))
      below.push_back(entry.path());
  if (below.size() == 1) return draft_from_picture_folder(below.front(), options);
  if (below.size() > 1)
    throw Error(ErrorCode::mixed_patients,
                fmt::format("{} holds {} folders of pictures, {} the first; give one of them",
                            folder.string(),
                            below.size(),
                            std::min_element(below.begin(), below.end())->filename().string()));
  return std::nullopt;
}

StudyDraft draft_from_folder(const fs::path& folder, const IngestOptions& options) {
  if (const auto dicomdir = dicomdir_in(folder)) {
    try {
      return draft_from_dicomdir(*dicomdir);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::mixed_patients) throw;
      log_warning("{}; all files of the folder are read instead", error.what());
    }
  }
  const std::vector<fs::path> files = files_below(folder);
  std::vector<fs::path> candidates;
  for (const fs::path& file : files)
    if (!is_volume_name(file) && !is_picture_name(file)) candidates.push_back(file);
  if (std::any_of(candidates.begin(), candidates.end(), starts_as_dicom)) return draft_from_dicom(files);
  if (const auto volumes = with_volume_names(files); !volumes.empty()) return draft_from_volumes(volumes);
  if (auto draft = draft_from_picture_folder(folder, options)) return std::move(*draft);
  // Pictures by name may still be DICOM with an odd name.
  if (std::any_of(files.begin(), files.end(), starts_as_dicom)) return draft_from_dicom(files);
  throw Error(ErrorCode::no_images,
              fmt::format("{} holds {} files, none of them an image; give a folder with DICOM, NIfTI, NRRD, MHA, PNG, "
                          "JPEG or BMP files",
                          folder.string(),
                          files.size()));
}

StudyDraft draft_from_zip(const fs::path& archive, const IngestOptions& options) {
  const auto folder = std::make_shared<TemporaryFolder>();
  unpack_zip(archive, folder->path());
  StudyDraft draft = draft_from_folder(folder->path(), options);
  // The unpacked files live as long as anything that may read them.
  for (SeriesDraft& series : draft.series) {
    if (series.series.load) series.series.load = [folder, load = series.series.load] { return load(); };
    if (series.coarse) series.coarse = [folder, coarse = series.coarse] { return coarse(); };
  }
  return draft;
}

StudyDraft draft_from_file(const fs::path& file, const IngestOptions& options) {
  std::string name = file.filename().string();
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return char(std::toupper(c)); });
  if (name == "DICOMDIR") return draft_from_dicomdir(file);
  if (is_zip(file)) return draft_from_zip(file, options);
  if (is_volume_name(file)) return draft_from_volumes({file});
  if (starts_as_dicom(file)) return draft_from_dicom({file});
  if (is_picture_name(file))
    return draft_from_pictures({{file.stem().string(), Phase::unknown, {file}}}, options.pictures);
  throw Error(ErrorCode::no_images,
              fmt::format("{} is no image: not DICOM, ZIP, NIfTI, NRRD, MHA, PNG, JPEG or BMP", file.string()));
}

/// One volume or picture may be refused for what it holds: then its reason is the error.
Study finish(StudyDraft draft, const fs::path& path, const IngestOptions& options) {
  identify_phases(draft.series, options);
  Study study = std::move(draft.study);
  study.source = path.string();
  if (study.uid.empty()) study.uid = fs::weakly_canonical(path).filename().string();
  for (SeriesDraft& series : draft.series) study.series.push_back(std::move(series.series));
  return study;
}

}  // namespace

Study ingest(const fs::path& path, const IngestOptions& options) {
  if (!fs::exists(path)) throw Error(ErrorCode::not_found, fmt::format("{}: no such file or folder", path.string()));
  return finish(
      fs::is_directory(path) ? draft_from_folder(path, options) : draft_from_file(path, options), path, options);
}

std::vector<Study> ingest_all(const fs::path& root, const IngestOptions& options) {
  if (!fs::is_directory(root)) throw Error(ErrorCode::not_found, fmt::format("{}: no such folder", root.string()));
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(root))
    if (entry.is_directory() && !phase_stacks(entry.path()).empty()) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.filename().string(), b.filename().string());
  });
  if (folders.empty())
    throw Error(ErrorCode::no_images,
                fmt::format("{} holds no patient folders with CT, AP or PVP folders of pictures", root.string()));
  std::vector<Study> studies;
  for (const fs::path& folder : folders) {
    studies.push_back(ingest(folder, options));
    studies.back().patient.id = folder.filename().string();
  }
  return studies;
}

void require_accepted_series(const Study& study) {
  std::set<std::string> reasons;
  for (const Series& series : study.series) {
    if (series.accepted) return;
    reasons.insert(series.reason);
  }
  ErrorCode code = ErrorCode::no_images;
  std::string text;
  for (const std::string& reason : reasons) {
    text += (text.empty() ? "" : "; ") + reason;
    if (reason.find("not CT") != std::string::npos) code = ErrorCode::unsupported;
    if (reason.find(" mm") != std::string::npos || reason.find("position") != std::string::npos)
      code = ErrorCode::bad_geometry;
  }
  throw Error(code, fmt::format("{}: none of its {} series can be used: {}", study.source, study.series.size(), text));
}

}  // namespace hepatica
