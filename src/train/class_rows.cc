#include "train/class_rows.h"

#include <algorithm>

namespace hepatica::train {
namespace {

/// For each wanted class the rows of its members; empty where a class has none.
std::vector<std::vector<int64_t>> rows_of(const std::vector<std::string>& given,
                                          const std::vector<std::string>& wanted,
                                          const ClassMembers& members) {
  std::vector<std::vector<int64_t>> rows;
  for (const std::string& name : wanted) {
    const auto named = members.find(name);
    const std::vector<std::string> labels = named == members.end() ? std::vector{name} : named->second;
    rows.emplace_back();
    for (size_t row = 0; row < given.size(); ++row)
      if (std::find(labels.begin(), labels.end(), given[row]) != labels.end()) rows.back().push_back(int64_t(row));
    if (rows.back().empty()) return {};
  }
  return rows;
}

bool same_but_for_rows(const torch::Tensor& a, int64_t a_rows, const torch::Tensor& b, int64_t b_rows) {
  return a.dim() > 0 && a.dim() == b.dim() && a.size(0) == a_rows && b.size(0) == b_rows && a_rows != b_rows &&
         a.sizes().slice(1) == b.sizes().slice(1);
}

}  // namespace

nn::TensorMap with_class_rows(nn::TensorMap values,
                              const std::vector<std::string>& given,
                              const nn::TensorMap& state,
                              const std::vector<std::string>& wanted,
                              const ClassMembers& members) {
  const auto rows = rows_of(given, wanted, members);
  if (rows.empty()) return values;
  for (auto& [key, value] : values) {
    const auto mine = state.find(key);
    if (mine == state.end() || !same_but_for_rows(value, int64_t(given.size()), mine->second, int64_t(wanted.size())))
      continue;
    std::vector<torch::Tensor> means;
    for (const std::vector<int64_t>& of_class : rows)
      means.push_back(value.index_select(0, torch::tensor(of_class)).to(torch::kFloat).mean(0));
    value = torch::stack(means);
  }
  return values;
}

}  // namespace hepatica::train
