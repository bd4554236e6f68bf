// Log lines go to standard error through one logger that the command line sets up.
#pragma once

#include <spdlog/spdlog.h>

namespace hepatica {

/// Sends log lines to standard error, warnings and worse only where `quiet`.
void set_up_logging(bool quiet);

template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  spdlog::info(format, std::forward<Args>(args)...);
}

template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  spdlog::warn(format, std::forward<Args>(args)...);
}

}  // namespace hepatica
