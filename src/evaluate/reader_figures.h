// The figures of a reader study.
#pragma once

#include <optional>

#include "draw/drawing.h"
#include "evaluate/reader_study.h"

namespace hepatica {

/// For each reader the matrix of method right or wrong against reader right or wrong, with McNemar's p; nothing without
/// a method.
std::optional<draw::Drawing> agreement_figure(const ReaderStudyResult& result, const std::string& ai);

/// Readers as points in ROC space, by level and modality, with the method's point, or its curve where it has
/// confidences. More than two classes: a panel for each class against the rest.
draw::Drawing readers_roc_figure(const ReaderStudyResult& result,
                                 const ReadingTable& table,
                                 const ReaderStudyOptions& options);

}  // namespace hepatica
