// The one exception type of the program, with a code from the table in error_codes.json.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "base/error_codes.h"

namespace hepatica {

/// Bad input or environment. The text says what is wrong, where, and the mend.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& text) : std::runtime_error(text), code_(code) {}

  /// The same error with what the caller was doing put before the text.
  Error with_context(std::string_view context) const;

  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

/// Name, exit status and HTTP status of a code.
const ErrorCodeRow& describe(ErrorCode code);

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace hepatica

/// A programmer's mistake; checked where HEPATICA_ASSERTS is defined (debug and sanitizer builds).
#ifdef HEPATICA_ASSERTS
#define HEPATICA_ASSERT(expression) \
  ((expression) ? void(0) : ::hepatica::assertion_failed(#expression, __FILE__, __LINE__))
#else
#define HEPATICA_ASSERT(expression) void(0)
#endif
