#include <memory>

#include "base/files.h"
#include "cmd/command.h"
#include "cmd/figures_table.h"
#include "train/cohort.h"

namespace hepatica::cmd {
namespace {

struct Arguments {
  fs::path lock, data, out;
};

int run(const Arguments& arguments, const Common& common) {
  const train::ProspectiveResult result = train::run_prospective(arguments.lock, arguments.data, common.seed);
  const nlohmann::json lock = nlohmann::json::parse(read_file(arguments.lock));
  fs::create_directories(arguments.out);
  write_file(arguments.out / "prospective.json", result.document.dump(2) + "\n");
  write_file(arguments.out / "predictions.csv",
             train::csv_from_judged(result.patients, lock.at("classes").at(0), lock.at("classes").at(1)));
  if (common.json) {
    print_json(result.document);
    return 0;
  }
  std::vector<std::vector<std::string>> rows = table_of_figures(result.document.at("metrics"));
  rows.push_back({"run of this lock", result.document.at("run").dump()});
  print_table(rows);
  return 0;
}

}  // namespace

Command declare_prospective() {
  return {
      "prospective",
      "A locked model, with its frozen threshold, on a new cohort; every run is written into the lock's log",
      "hepatica prospective locked/model.json --data next_cohort.csv --out results",
      [](CLI::App& app) -> std::function<int(const Common&)> {
        auto arguments = std::make_shared<Arguments>();
        app.add_option("LOCK", arguments->lock, "written by `hepatica cohort --lock`")->required();
        app.add_option("--data", arguments->data, "manifest CSV of the cohort, see docs/concepts/data.md")->required();
        app.add_option("--out", arguments->out, "folder of prospective.json and predictions.csv")->required();
        return [arguments](const Common& common) { return run(*arguments, common); };
      }};
}

}  // namespace hepatica::cmd
