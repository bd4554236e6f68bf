#include "dataset/data_faults.h"

#include <fmt/format.h>

#include "base/error.h"

namespace hepatica {
namespace {

constexpr size_t kMostListed = 10;

}  // namespace

void DataFaults::add(const std::string& place, const std::string& text) {
  if (count_++ < kMostListed) texts_.push_back(fmt::format("{}: {}", place, text));
}

void DataFaults::raise() const {
  if (count_ == 0) return;
  std::string text = fmt::format("{}: {} {}:", source_.string(), count_, count_ == 1 ? "fault" : "faults");
  for (const std::string& fault : texts_) text += fmt::format("\n  {}", fault);
  if (count_ > texts_.size()) text += fmt::format("\n  and {} more", count_ - texts_.size());
  throw Error(ErrorCode::bad_manifest, text);
}

std::string first_names(const std::vector<std::string>& names) {
  std::string text;
  for (size_t n = 0; n < names.size() && n < kMostListed; ++n)
    text += fmt::format("{}'{}'", n == 0 ? "" : ", ", names[n]);
  if (names.size() > kMostListed) text += fmt::format(" and {} more", names.size() - kMostListed);
  return text;
}

}  // namespace hepatica
