// Small dense matrices, and the factor of a symmetric one.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace hepatica::stats {

/// Values by rows; row = case and column = covariate where it holds data.
struct Matrix {
  size_t rows = 0, columns = 0;
  std::vector<double> values;

  Matrix() = default;
  Matrix(size_t row_count, size_t column_count)
      : rows(row_count), columns(column_count), values(row_count * column_count) {}
  double& operator()(size_t row, size_t column) { return values[row * columns + column]; }
  double operator()(size_t row, size_t column) const { return values[row * columns + column]; }
  std::span<const double> row(size_t index) const { return std::span(values).subspan(index * columns, columns); }
};

/// The rows with those indices, in that order.
Matrix rows_of(const Matrix& matrix, std::span<const size_t> indices);

double dot(std::span<const double> a, std::span<const double> b);
/// a'Ma of a symmetric matrix.
double quadratic_form(const Matrix& matrix, std::span<const double> a);

/// L D L' of a symmetric positive semidefinite matrix. A column that the ones before it explain (its pivot is below
/// `tolerance` times the largest diagonal element) is left out: it is `aliased`, and has 0 in every solution and in the
/// inverse, as in R's survival package.
class Cholesky {
 public:
  explicit Cholesky(const Matrix& matrix, double tolerance = 1.8e-12);

  size_t rank() const { return rank_; }
  bool aliased(size_t column) const { return factor_(column, column) == 0; }
  std::vector<double> solve(std::span<const double> right) const;
  Matrix inverse() const;

 private:
  Matrix factor_;  // D on the diagonal, L below it
  size_t rank_ = 0;
};

}  // namespace hepatica::stats
