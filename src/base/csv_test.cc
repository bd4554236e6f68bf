#include "base/csv.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hepatica {
namespace {

std::string error_of(const std::string& text) {
  try {
    parse_csv(text, "t.csv");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_manifest);
    return error.what();
  }
  return "";
}

TEST(Csv, ReadsQuotesMarkAndLineBreaks) {
  const CsvTable table = parse_csv(
      "\xEF\xBB\xBF"
      "a, b\r\n1,\"x, \"\"y\"\"\nz\"\r\n\n 2 ,3",
      "t.csv");
  EXPECT_EQ(table.header, (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0].cells[1], "x, \"y\"\nz");
  EXPECT_EQ(table.rows[1].cells[0], "2");
  EXPECT_EQ(table.rows[1].line, 5);
  EXPECT_EQ(table.column("b"), 1u);
  EXPECT_FALSE(table.find("c"));
}

TEST(Csv, NamesTheMistake) {
  EXPECT_NE(error_of("a,b\n1\n").find("line 2"), std::string::npos);
  EXPECT_NE(error_of("a,a\n").find("'a' occurs twice"), std::string::npos);
  EXPECT_NE(error_of("a,b\n1,\"x\n").find("never closed"), std::string::npos);
  EXPECT_NE(error_of("").find("empty"), std::string::npos);
  EXPECT_NE(error_of("a,b\n1,M\xFCnchen\n").find("line 2: the text is not UTF-8"), std::string::npos);
  EXPECT_NE(error_of("a\n\xC0\xAF\n").find("not UTF-8"), std::string::npos);      // overlong
  EXPECT_NE(error_of("a\n\xED\xA0\x80\n").find("not UTF-8"), std::string::npos);  // a surrogate
  EXPECT_EQ(parse_csv("a\nM\xC3\xBCnchen \xF0\x9F\x99\x82\n", "t.csv").rows.size(), 1u);
  EXPECT_THROW(parse_csv("a\n1\n", "t.csv").column("b"), Error);
}

TEST(Csv, WritesWhatItReads) {
  const std::vector<std::string> cells{"plain", "with, comma", "with \"quote\"", " edge", ""};
  const CsvTable table = parse_csv("a,b,c,d,e\n" + csv_line(cells), "t.csv");
  EXPECT_EQ(table.rows.at(0).cells, cells);
}

}  // namespace
}  // namespace hepatica
