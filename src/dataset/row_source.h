// Rows of a data set as items to learn from.
#pragma once

#include <memory>

#include "dataset/data_faults.h"
#include "dataset/data_options.h"
#include "dataset/data_row.h"
#include "dataset/source.h"
#include "dataset/split.h"

namespace hepatica {

/// One item: a slice of a row's image, and what is known of its lesions without reading it.
struct RowItem {
  size_t row = 0;
  int64_t k = 0;
  std::string label;
  std::vector<LesionBox> boxes;  ///< of rows on the same slice; those of a lesion mask come with the slice
  std::optional<Box2> target;    ///< the lesion that the item is about
};

/// Where `each_lesion`, an item for each box, and for each part of a lesion mask on each slice; a picture or single
/// slice without either is the crop of a lesion itself, a volume without either a fault. Lesions without a label, or of
/// the label "none", are left out. Else an item for each slice, rows on the same slice as one. Lesion masks are read
/// here.
std::vector<RowItem> items_of_rows(const std::vector<DataRow>& rows,
                                   const DataOptions& options,
                                   const DataNeeds& needs,
                                   DataFaults& faults);

/// The items as slices. Slices of volumes are kept in `options.cache` once their volume was read. `fingerprint`
/// identifies the data. `get` throws Error naming the place of the row.
std::shared_ptr<const SliceSource> make_row_source(std::vector<DataRow> rows,
                                                   std::vector<RowItem> items,
                                                   const DataOptions& options,
                                                   const std::string& fingerprint);

/// What a split needs of each item.
std::vector<SplitItem> split_items_of(const std::vector<DataRow>& rows, const std::vector<RowItem>& items);

}  // namespace hepatica
