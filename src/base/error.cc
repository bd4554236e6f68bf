#include "base/error.h"

#include <fmt/format.h>

#include <algorithm>

namespace hepatica {

Error Error::with_context(std::string_view context) const {
  return Error(code_, fmt::format("{}: {}", context, what()));
}

const ErrorCodeRow& describe(ErrorCode code) {
  return *std::find_if(
      kErrorCodes.begin(), kErrorCodes.end(), [code](const ErrorCodeRow& row) { return row.code == code; });
}

void assertion_failed(const char* expression, const char* file, int line) {
  throw std::logic_error(fmt::format("{}:{}: assertion failed: {}", file, line, expression));
}

}  // namespace hepatica
