// What the report says, as a list of blocks that HTML and PDF lay out each in its way.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "draw/canvas.h"
#include "stages/report/report.h"

namespace hepatica::report {

inline constexpr char kDisclaimer[] = "Research use only. Not a medical device.";

enum class Tone { neutral, benign, malignant, caution };

struct Heading {
  std::string text;
};
struct Paragraph {
  std::string text;
};
/// The result in one line, and what stands below it.
struct Headline {
  Tone tone = Tone::neutral;
  std::string title;
  std::vector<std::string> details;
};
/// Names and values in two columns.
struct Facts {
  std::string caption;
  std::vector<std::pair<std::string, std::string>> rows;
};
struct Column {
  std::string title;
  double weight = 1;  ///< share of the width
  bool numeric = false;
};
struct Cell {
  std::string text;
  bool strong = false;
};
struct Table {
  std::string caption;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
};
struct Bar {
  std::string label;
  double probability = 0;
  Tone tone = Tone::neutral;
  bool strong = false;
};
struct BarGroup {
  std::string caption;
  std::vector<Bar> bars;
};
/// Groups of probability bars beside each other.
struct Bars {
  std::vector<BarGroup> groups;
};
struct Note {
  Tone tone = Tone::caution;
  std::string title;
  std::vector<std::string> lines;
};
/// Rows of figures; those of one row stand beside each other.
struct Pictures {
  std::string title;   ///< such as "Lesion 1"
  std::string detail;  ///< beside the title
  std::vector<std::vector<draw::Figure>> rows;
};

using ReportBlock = std::variant<Heading, Paragraph, Headline, Facts, Table, Bars, Note, Pictures>;

struct ReportDocument {
  std::string title;
  std::string subject;  ///< patient id and study date, for page footers
  std::string created_utc;
  std::string program;  ///< name and version
  std::vector<ReportBlock> blocks;
};

/// All that both forms show. Figures refer to `input`, which must outlive the document.
ReportDocument report_document(const ReportInput& input);

/// What each phase adds to the patient's decisions, as charts, appended to `blocks`; nothing where it is not known.
void append_phase_shares(const ReportInput& input, std::vector<ReportBlock>& blocks);

/// Pictures of each lesion's best slices and of the whole liver, appended to `blocks`.
void append_pictures(const ReportInput& input, std::vector<ReportBlock>& blocks);

/// Warnings of the input, the images and the diagnosis, each once, in this order.
std::vector<std::string> all_warnings(const ReportInput& input);

/// The liver volume that the report states: of the portal venous image, else of the first with a liver; 0 without one.
double stated_liver_volume_ml(const PreprocessedStudy& images);

}  // namespace hepatica::report
