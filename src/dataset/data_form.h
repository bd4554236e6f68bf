// Data of one's own in any of the accepted forms, as a source with what a split needs.
#pragma once

#include <memory>

#include "dataset/data_options.h"
#include "dataset/source.h"
#include "dataset/split.h"
#include "dataset/volume_source.h"

namespace hepatica {

enum class DataForm { manifest, lilnet, coco, yolo };

/// What `path` is: a CSV (manifest), a folder with <ID>/{CT,AP,PVP} (LiLNet's layout), a JSON (COCO), a YAML or a
/// folder with images/ and labels/ (YOLO). Error{not_found} or Error{bad_manifest} that lists these forms.
DataForm form_of_data(const fs::path& path);

struct OpenedData {
  std::shared_ptr<const SliceSource> source;
  std::vector<SplitItem> items;  ///< one for each item of the source
};

/// Reads, settles and checks the rows (row_checks.h). Error{bad_manifest} lists up to ten faults.
OpenedData open_data(const fs::path& path, const DataOptions& options, const DataNeeds& needs);

struct OpenedVolumes {
  std::shared_ptr<const VolumeSource> source;
  std::vector<SplitItem> items;  ///< one for each item of the source
};

/// The same as whole volumes, each with its liver.
OpenedVolumes open_volumes(const fs::path& path, const DataOptions& options);

}  // namespace hepatica
