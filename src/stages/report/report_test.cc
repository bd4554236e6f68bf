#include "stages/report/report.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "stages/report/content.h"
#include "stages/report/synthetic_input_test.h"

namespace hepatica {
namespace {

using nlohmann::json;
using report::synthetic_report;

size_t count_of(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

std::set<std::string> keys_of(const json& object) {
  std::set<std::string> keys;
  for (const auto& item : object.items()) keys.insert(item.key());
  return keys;
}

void expect_keys(const json& object, const std::set<std::string>& wanted) {
  const auto keys = keys_of(object);
  for (const std::string& key : wanted) EXPECT_TRUE(keys.contains(key)) << key;
}

TEST(ReportJson, HasTheKeysOfTheCommandContract) {
  const auto made = synthetic_report();
  const json document = report_json(made->input);
  expect_keys(document,
              {"status", "study", "series", "liver", "lesions", "patient", "warnings", "timings_s", "provenance"});
  EXPECT_EQ(document["status"], "lesions");
  EXPECT_EQ(document["liver"]["volume_ml"], 570.0);
  expect_keys(document["lesions"][0],
              {"id", "box_mm", "center_mm", "long_axis_mm", "short_axis_mm", "volume_ml", "score", "probabilities"});
  EXPECT_EQ(document["lesions"][0]["box_mm"], json({-95.0, -32.5, 107.5, -55.0, 7.5, 127.5}));
  EXPECT_EQ(document["lesions"][0]["center_mm"], json({-75.0, -12.5, 117.5}));
  const json& best = document["lesions"][0]["best_slices"][1];
  EXPECT_EQ(best["phase"], "portal_venous");
  EXPECT_EQ(best["series_uid"], "1.2.3.2");
  EXPECT_EQ(best["position_mm"], 115.0);  // 100 + 3 * 5
  expect_keys(document["patient"], {"benign_malignant", "probabilities", "prediction", "abstain_reason"});
  EXPECT_EQ(document["patient"]["prediction"], "hcc");
  EXPECT_TRUE(document["patient"]["abstain_reason"].is_null());
  EXPECT_EQ(document["patient"]["shapley"]["benign_malignant"]["phases"]["arterial"], 2.9);
  EXPECT_EQ(document["explanation"]["method"], "cam");
  ASSERT_EQ(document["explanation"]["maps"].size(), 2u);
  EXPECT_EQ(document["explanation"]["maps"][1]["phase"], "portal_venous");
  EXPECT_FALSE(document["explanation"]["maps"][1].contains("additivity"));
  expect_keys(document["series"][2],
              {"uid",
               "phase",
               "phase_confidence",
               "phase_source",
               "accepted",
               "reason",
               "warnings",
               "size",
               "spacing",
               "slices"});
  EXPECT_EQ(document["series"][2]["reason"], "localizer");
  EXPECT_EQ(document["timings_s"]["segment"], 20.5);
  EXPECT_EQ(document["warnings"], json({"one file was not an image", "shared warning"}));
  EXPECT_FALSE(document["study"].contains("series"));
}

TEST(ReportJson, OfARefusedStudyHoldsTheReasonAndNulls) {
  const auto made = synthetic_report();
  made->images.images.clear();
  made->diagnosis = {};
  made->diagnosis.status = Diagnosis::Status::refused;
  made->diagnosis.refused_reason = "no liver in the scan";
  const json document = report_json(made->input);
  EXPECT_EQ(document["status"], "refused");
  EXPECT_EQ(document["refused_reason"], "no liver in the scan");
  EXPECT_TRUE(document["liver"]["volume_ml"].is_null());
  EXPECT_TRUE(document["patient"]["prediction"].is_null());
  EXPECT_TRUE(document["lesions"].empty());
}

TEST(ReportHtml, StandsAlone) {
  const auto made = synthetic_report();
  const std::string html = report_html(made->input);
  for (const char* reference : {"http:", "https:", "href=", "<script", "<link", "@import", "url(", "src=\"//"})
    EXPECT_EQ(count_of(html, reference), 0u) << reference;
  EXPECT_EQ(count_of(html, "src=\""), count_of(html, "src=\"data:image/png;base64,"));
  EXPECT_EQ(count_of(html, "Research use only. Not a medical device."), 2u);
}

TEST(ReportHtml, SaysWhatWasFound) {
  const auto made = synthetic_report();
  const std::string html = report_html(made->input);
  for (const char* text : {"Malignant 93% \u2013 most likely HCC",
                           "\u738b\u5c0f\u660e &lt;script&gt;",
                           "ID-7",
                           "63 years",
                           "2024-01-31",
                           "42 \u00d7 31",
                           "18.3",
                           "localizer",
                           "lilnet2024",
                           "segment.safetensors",
                           "Class activation for \u201cmalignant\u201d",
                           "shared warning"})
    EXPECT_GE(count_of(html, text), 1u) << text;
  // Two phases with slice, close-up and map each, an overview of three slices for each phase, and the phases' shares.
  EXPECT_EQ(count_of(html, "<img "), 13u);
  EXPECT_EQ(count_of(html, "<img alt=\"Shapley value of each phase for malignant"), 1u);
  EXPECT_EQ(count_of(html, "<img alt=\"Lesion 1, "), 6u);
  EXPECT_GT(count_of(html, "<th scope=\"col\""), 10u);
}

TEST(ReportHtml, NamesTheMapsMethodAndWhatItLeavesUnexplained) {
  const auto made = synthetic_report();
  made->diagnosis.map_method = "expected_gradients";
  for (ImagePrediction& image : made->diagnosis.stages[0].images) image.additivity = Additivity{3, 0.5, 2.25};
  EXPECT_EQ(count_of(report_html(made->input), "SHAP values of the pixels for \u201cmalignant\u201d"), 2u);
  EXPECT_EQ(count_of(report_html(made->input), "0.25 of 2.50 logits unexplained"), 2u);
  EXPECT_DOUBLE_EQ(report_json(made->input)["explanation"]["maps"][0]["additivity"]["residual"], 0.25);
}

TEST(ReportHtml, ShowsTheLiverWhereNoLesionWasFound) {
  const auto made = synthetic_report();
  made->diagnosis = {};
  const std::string html = report_html(made->input);
  EXPECT_EQ(count_of(html, "No focal lesion found"), 1u);
  EXPECT_EQ(count_of(html, "<img alt=\"Overview"), 6u);
}

TEST(ReportHtml, GivesTheReasonForAbstaining) {
  const auto made = synthetic_report();
  made->diagnosis.status = Diagnosis::Status::abstain;
  made->diagnosis.abstain_reason = "two types are equally likely";
  const std::string html = report_html(made->input);
  EXPECT_EQ(count_of(html, "No conclusion"), 1u);
  EXPECT_EQ(count_of(html, "two types are equally likely"), 1u);
  EXPECT_EQ(count_of(html, "most likely HCC"), 1u);  // of the lesion, not in the headline
}

TEST(ReportHtml, PicturesOnlyTheLargestLesions) {
  const auto made = synthetic_report();
  made->diagnosis.lesions.resize(3, made->diagnosis.lesions[0]);
  made->diagnosis.lesion_predictions.resize(3, made->diagnosis.lesion_predictions[0]);
  for (int n = 0; n < 3; ++n) made->diagnosis.lesions[size_t(n)].id = n + 1;
  made->input.options.pictured_lesions = 2;
  const std::string html = report_html(made->input);
  EXPECT_EQ(count_of(html, "<h3>Lesion "), 2u);
  EXPECT_EQ(count_of(html, "The 2 largest of 3 lesions are shown."), 1u);
}

TEST(ReportPictures, ShowTheLesionsPlaceInPhasesWhereItWasNotFound) {
  const auto made = synthetic_report();
  Lesion& lesion = made->diagnosis.lesions[0];
  const size_t pictures = count_of(report_html(made->input), "<img alt=\"Lesion");
  lesion.unseen_slices = {lesion.best_slices[1]};
  lesion.best_slices.pop_back();
  const std::string html = report_html(made->input);
  EXPECT_EQ(count_of(html, "<img alt=\"Lesion"), pictures);
  EXPECT_EQ(count_of(html, "Portal venous phase, not found here: the same place"), 1u);
  EXPECT_EQ(count_of(html, "Arterial phase, score"), 1u);
  const json document = report_json(made->input);
  EXPECT_EQ(document["lesions"][0]["unseen_slices"][0]["phase"], "portal_venous");
  EXPECT_EQ(document["lesions"][0]["unseen_slices"][0]["position_mm"], 115.0);
}

TEST(ReportPictures, CopeWithDetectionsThatCannotBeShown) {
  const auto made = synthetic_report();
  made->diagnosis.lesions[0].best_slices[0].slice = 99;
  made->diagnosis.lesions[0].best_slices[1].image = 7;
  EXPECT_EQ(count_of(report_html(made->input), "<img alt=\"Lesion"), 0u);
  made->images.images[0].hu = {};
  made->images.images[1].hu = {};
  EXPECT_EQ(count_of(report_html(made->input), "<img"), 1u);  // the phases' shares alone
}

std::string pdf_text(const fs::path& pdf, const fs::path& text) {
  const std::string command = "pdftotext -layout '" + pdf.string() + "' '" + text.string() + "'";
  return std::system(command.c_str()) == 0 ? read_file(text) : std::string();
}

TEST(ReportPdf, IsTheSameEachTimeAndHoldsTheContent) {
  const auto made = synthetic_report();
  const TemporaryFolder folder;
  write_report_pdf(made->input, folder.path() / "a.pdf");
  write_report_pdf(made->input, folder.path() / "b.pdf");
  EXPECT_EQ(read_file(folder.path() / "a.pdf"), read_file(folder.path() / "b.pdf"));
  EXPECT_TRUE(read_file(folder.path() / "a.pdf").starts_with("%PDF-1."));
  if (std::system("command -v pdftotext > /dev/null") != 0)
    GTEST_SKIP() << "pdftotext (poppler-utils) is not installed";
  const std::string text = pdf_text(folder.path() / "a.pdf", folder.path() / "a.txt");
  for (const char* wanted : {"Malignant 93%",
                             "42 \u00d7 31",
                             "18.3",
                             "0.91",
                             "81%",
                             "ID-7",
                             "\u738b\u5c0f\u660e",
                             "2024-01-31",
                             "localizer",
                             "page 1 of",
                             "Research use only. Not a medical device.",
                             "Liver U-Net"})
    EXPECT_GE(count_of(text, wanted), 1u) << wanted;
}

TEST(ReportPdf, KeepsTheNameOfATypeOnOneLine) {
  const auto made = synthetic_report();
  made->classes.push_back({"mesenchymal_hamartoma", false});
  made->diagnosis.patient->probabilities["mesenchymal_hamartoma"] = 0.01;
  const TemporaryFolder folder;
  write_report_pdf(made->input, folder.path() / "a.pdf");
  if (std::system("command -v pdftotext > /dev/null") != 0)
    GTEST_SKIP() << "pdftotext (poppler-utils) is not installed";
  EXPECT_GE(count_of(pdf_text(folder.path() / "a.pdf", folder.path() / "a.txt"), "Mesenchymal hamartoma"), 1u);
}

TEST(ReportPdf, BreaksLongTablesAndNotesAcrossPages) {
  const auto made = synthetic_report();
  const Lesion lesion = made->diagnosis.lesions[0];
  const HierarchyPrediction prediction = *made->diagnosis.patient;
  for (int n = 2; n <= 120; ++n) {
    made->diagnosis.lesions.push_back(lesion);
    made->diagnosis.lesions.back().id = n;
    made->diagnosis.lesion_predictions.push_back(prediction);
    made->diagnosis.warnings.push_back("warning number " + std::to_string(n));
  }
  made->input.options.pictured_lesions = 0;
  const TemporaryFolder folder;
  write_report_pdf(made->input, folder.path() / "long.pdf");
  if (std::system("command -v pdftotext > /dev/null") != 0)
    GTEST_SKIP() << "pdftotext (poppler-utils) is not installed";
  const std::string text = pdf_text(folder.path() / "long.pdf", folder.path() / "long.txt");
  EXPECT_GE(count_of(text, "warning number 120"), 1u);
  EXPECT_GE(count_of(text, "Seen in"), 4u);  // the table's head on each of its pages, and once in the explanation
}

TEST(ReportPdf, FailsWhereItCannotBeWritten) {
  const auto made = synthetic_report();
  made->images.images.clear();
  try {
    write_report_pdf(made->input, "/proc/none/report.pdf");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::write_failed);
  }
}

TEST(ReportOptions, RefuseWhatTheyDoNotKnow) {
  Block block{YAML::Load("{level: 60, width: 400, pictured_lesions: 2}"), "recipe.yaml", "stages.report.options"};
  const ReportOptions options = read_report_options(block);
  EXPECT_EQ(options.level, 60);
  EXPECT_EQ(options.pictured_lesions, 2);
  block.node = YAML::Load("{windowing: 60}");
  EXPECT_THROW(read_report_options(block), Error);
}

}  // namespace
}  // namespace hepatica
