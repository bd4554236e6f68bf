#include "stats/matrix.h"

#include <algorithm>
#include <numeric>

namespace hepatica::stats {

Matrix rows_of(const Matrix& matrix, std::span<const size_t> indices) {
  Matrix part(indices.size(), matrix.columns);
  for (size_t i = 0; i < indices.size(); ++i)
    std::ranges::copy(matrix.row(indices[i]), part.values.begin() + std::ptrdiff_t(i * matrix.columns));
  return part;
}

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

double quadratic_form(const Matrix& matrix, std::span<const double> a) {
  double sum = 0;
  for (size_t i = 0; i < matrix.rows; ++i) sum += a[i] * dot(matrix.row(i), a);
  return sum;
}

Cholesky::Cholesky(const Matrix& matrix, double tolerance) : factor_(matrix) {
  double largest = 0;
  for (size_t i = 0; i < matrix.rows; ++i) largest = std::max(largest, matrix(i, i));
  for (size_t i = 0; i < matrix.rows; ++i) {
    const double pivot = factor_(i, i);
    if (!(pivot > tolerance * largest)) {
      for (size_t j = i; j < matrix.rows; ++j) factor_(j, i) = 0;
      continue;
    }
    ++rank_;
    for (size_t j = i + 1; j < matrix.rows; ++j) {
      const double ratio = factor_(j, i) / pivot;
      for (size_t k = j; k < matrix.rows; ++k) factor_(k, j) -= ratio * factor_(k, i);
    }
    for (size_t j = i + 1; j < matrix.rows; ++j) factor_(j, i) /= pivot;
  }
}

std::vector<double> Cholesky::solve(std::span<const double> right) const {
  const size_t n = factor_.rows;
  std::vector<double> x(right.begin(), right.end());
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < i; ++j) x[i] -= factor_(i, j) * x[j];
  for (size_t i = n; i-- > 0;) {
    x[i] = aliased(i) ? 0 : x[i] / factor_(i, i);
    for (size_t j = i + 1; j < n; ++j) x[i] -= factor_(j, i) * x[j];
    if (aliased(i)) x[i] = 0;
  }
  return x;
}

Matrix Cholesky::inverse() const {
  const size_t n = factor_.rows;
  Matrix inverse(n, n);
  std::vector<double> unit(n);
  for (size_t j = 0; j < n; ++j) {
    if (aliased(j)) continue;
    std::ranges::fill(unit, 0.0);
    unit[j] = 1;
    const std::vector<double> column = solve(unit);
    for (size_t i = 0; i < n; ++i) inverse(i, j) = column[i];
  }
  return inverse;
}

}  // namespace hepatica::stats
