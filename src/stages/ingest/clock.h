// DICOM times.
#pragma once

#include <string>

namespace hepatica {

/// Seconds since midnight of TM ("HHMMSS.F") or DT ("YYYYMMDDHHMMSS.F+ZZXX"); negative where there is no time.
double seconds_since_midnight(const std::string& time);

}  // namespace hepatica
