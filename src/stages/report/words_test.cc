#include "stages/report/words.h"

#include <gtest/gtest.h>

#include <cmath>

#include "stages/report/column_widths.h"
#include "stages/report/html_text.h"

namespace hepatica::report {
namespace {

TEST(Words, PercentNeverClaimsCertainty) {
  EXPECT_EQ(percent(0.934), "93%");
  EXPECT_EQ(percent(0.9949), "99%");
  EXPECT_EQ(percent(0.9951), ">99%");
  EXPECT_EQ(percent(0.004), "<1%");
  EXPECT_EQ(percent(0), "<1%");
  EXPECT_EQ(percent(std::nan("")), "-");
}

TEST(Words, NumbersAndDates) {
  EXPECT_EQ(number(-1.25, 1), "\u22121.2");
  EXPECT_EQ(number(INFINITY, 1), "-");
  EXPECT_EQ(date_text("20240131"), "2024-01-31");
  EXPECT_EQ(date_text("2024"), "2024");
  EXPECT_EQ(date_text(""), "not stated");
}

TEST(Words, AgeIsInWholeYearsOrNotStated) {
  Study study;
  study.patient.birth_date = study.date = "20090527";  // as anonymisers write it
  EXPECT_EQ(age_text(study), "not stated");
  study.patient.age_years = 59.9;
  EXPECT_EQ(age_text(study), "59 years");
  study.patient.age_years = 1.55;
  EXPECT_EQ(age_text(study), "18 months");
}

TEST(Words, ClassesKnownAndUnknown) {
  EXPECT_EQ(short_class_name("hcc"), "HCC");
  EXPECT_EQ(long_class_name("icc"), "Intrahepatic cholangiocarcinoma");
  EXPECT_EQ(column_class_name("metastasis"), "Met.");
  EXPECT_EQ(long_class_name("uesl"), "Undifferentiated embryonal sarcoma of the liver");
  EXPECT_EQ(long_class_name("mixed_tumour"), "Mixed tumour");
}

TEST(HtmlText, EscapesMarkup) {
  EXPECT_EQ(escape_html("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(escape_html("\u738b"), "\u738b");
  EXPECT_EQ(escape_html("a\xff"), "a\ufffd");
}

TEST(HtmlText, Base64OfRfc4648) {  // section 10
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST(ColumnWidths, GiveNumbersWhatTheyNeed) {
  const std::string longer = "a text of many words that has to be broken into lines, whatever the font is";
  const Table table{
      "", {{"N", 1, true}, {"Text", 1}, {"More", 3}}, {{{"1"}, {"a"}, {longer}}, {{"1000000"}, {longer}, {"b"}}}};
  const auto widths = column_widths(table, 300, 8, 6);
  EXPECT_NEAR(widths[0] + widths[1] + widths[2], 300, 1e-9);
  EXPECT_NEAR(widths[2], 3 * widths[1], 1e-9);
  EXPECT_LT(widths[0], 60);
  const auto narrow = column_widths(table, 50, 8, 6);  // too little for texts: shares of 1, 1 and 3
  EXPECT_NEAR(narrow[0], 10, 1e-9);
  EXPECT_NEAR(narrow[2], 30, 1e-9);
}

TEST(ColumnWidths, ShareWhatIsLeft) {
  const Table table{"", {{"A", 1, true}, {"B", 9}}, {{{"x"}, {"x"}}}};
  const auto widths = column_widths(table, 300, 8, 6);
  EXPECT_NEAR(widths[0] + widths[1], 300, 1e-9);
  EXPECT_NEAR(widths[0], widths[1], 10);  // whatever the weights
}

}  // namespace
}  // namespace hepatica::report
