#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>

namespace hepatica {

void set_up_logging(bool quiet) {
  auto logger = std::make_shared<spdlog::logger>("hepatica", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%H:%M:%S %l: %v");
  logger->set_level(quiet ? spdlog::level::warn : spdlog::level::info);
  spdlog::set_default_logger(logger);
}

}  // namespace hepatica
