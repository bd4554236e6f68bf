#include "study/findings.h"

#include <array>

namespace hepatica {

std::string_view name_of(Diagnosis::Status status) {
  static constexpr std::array<std::string_view, 4> kNames{"lesions", "no_lesion", "abstain", "refused"};
  return kNames[size_t(status)];
}

}  // namespace hepatica
