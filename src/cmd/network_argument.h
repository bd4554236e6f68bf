// Arguments that say which network a checkpoint must be of.
#pragma once

#include <string>

#include "engine/predictor.h"

namespace hepatica::cmd {

/// Error{wrong_checkpoint} where the network of `file` has another "family", "classes", "depth" or "scale" than the
/// command line asks for; empty text and 0 ask for nothing.
void require_argument(const Predictor& predictor,
                      const std::string& file,
                      const std::string& name,
                      const nlohmann::json& wanted);

}  // namespace hepatica::cmd
