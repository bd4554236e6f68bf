#include "train/predictions.h"

#include <gtest/gtest.h>

#include "base/csv.h"
#include "base/error.h"
#include "train/classify_task.h"

namespace hepatica::train {
namespace {

/// Two slices of each of six patients, "hcc" and "cyst" in turn; the second one's box is larger.
class Patients : public SliceSource {
 public:
  size_t size() const override { return 12; }
  std::string group(size_t index) const override { return std::to_string(index / 2); }
  std::string label(size_t index) const override { return index / 2 % 2 ? "cyst" : "hcc"; }
  std::string fingerprint() const override { return "patients"; }
  LearningSlice get(size_t index) const override {
    LearningSlice slice;
    slice.width = slice.height = 32;
    slice.spacing_mm = 0.5;
    slice.hu.assign(slice.pixels(), float(10 * index));
    slice.label = label(index);
    slice.target = Box2{4, 4, index % 2 ? 24.0 : 12.0, 10};
    return slice;
  }
};

Mixture patients() {
  Mixture mixture;
  mixture.add("patients", std::make_shared<Patients>(), 1, Split{{4, 5, 6, 7, 8, 9, 10, 11}, {0, 1}, {2, 3}});
  return mixture;
}

ClassifyTaskOptions options_of(const std::vector<std::string>& classes) {
  ClassifyTaskOptions options;
  options.role = "types";
  options.classes = classes;
  options.network = nn::lilnet(18, int(classes.size()), 0.125);
  options.examples.input.size = 32;
  return options;
}

TEST(Predictions, TableHoldsLogitsAndThePatientsLargestBox) {
  const auto task = make_classify_task(patients(), options_of({"hcc", "cyst"}));
  nn::Network network(task->graph(), 3);
  const CsvTable table = parse_csv(predictions_table(*task, network, task->data().test()), "t.csv");
  EXPECT_EQ(table.header, (std::vector<std::string>{"case_id", "truth", "logit_hcc", "logit_cyst", "size_mm"}));
  ASSERT_EQ(table.rows.size(), 2u);
  const torch::NoGradGuard no_grad;
  const Batch batch = task->validation_batch(task->data().test());
  const auto outputs = network.forward(batch.input, false, task->outputs());
  // LiLNet's aggregate, written out: row 5 b + j, column 5 c + j of both heads over the masks j.
  for (int64_t b = 0; b < 2; ++b) {
    double logit = 0;
    for (const char* head : {"out4", "out3"})
      for (int64_t j = 0; j < 5; ++j) logit += outputs.at(head)[5 * b + j][5 + j].item<double>() / 10;
    EXPECT_NEAR(std::stod(table.rows[size_t(b)].cells[3]), logit, 1e-4);
    EXPECT_EQ(table.rows[size_t(b)].cells[0], "patients/1");
    EXPECT_EQ(table.rows[size_t(b)].cells[1], "cyst");
    EXPECT_EQ(table.rows[size_t(b)].cells[4], "10.0");  // 20 pixels of .5 mm
  }
}

TEST(ClassifyTask, NamesClassesWithoutItemsAndItemsWithoutClass) {
  const auto message = [](const std::vector<std::string>& classes) -> std::string {
    try {
      make_classify_task(patients(), options_of(classes));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_manifest);
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message({"hcc", "cyst", "fnh"}).find("the class 'fnh' has no training item (hcc 4, cyst 4, fnh 0)"),
            std::string::npos);
  EXPECT_NE(message({"hcc", "icc"}).find("4 training items have the label 'cyst'"), std::string::npos);
}

TEST(Mixture, SplitTableNamesEveryPatientOnce) {
  EXPECT_EQ(patients().split_table(),
            "source,patient,part,items\npatients,2,train,2\npatients,3,train,2\npatients,4,train,2\n"
            "patients,5,train,2\npatients,0,validation,2\npatients,1,test,2\n");
}

}  // namespace
}  // namespace hepatica::train
