#include "stages/ingest/clock.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace hepatica {

double seconds_since_midnight(const std::string& time) {
  const auto stop = std::find_if(time.begin(), time.end(), [](unsigned char c) { return !std::isdigit(c); });
  const auto digits = size_t(stop - time.begin());
  // A date is eight digits before the time.
  const size_t start = digits >= 14 ? 8 : 0;
  if (digits < start + 6 || digits == 8) return -1;
  const auto pair = [&](size_t at) { return std::atoi(time.substr(start + at, 2).c_str()); };
  const double fraction = stop != time.end() && *stop == '.' ? std::atof(time.c_str() + digits) : 0;
  return pair(0) * 3600.0 + pair(2) * 60.0 + pair(4) + fraction;
}

}  // namespace hepatica
