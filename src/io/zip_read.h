// ZIP archives as input.
#pragma once

#include "base/files.h"

namespace hepatica {

/// Whether the file starts as a ZIP archive does.
bool is_zip(const fs::path& file);

/// Unpacks every file of an archive under `folder`. Error{bad_format} where the archive is corrupt, encrypted, holds
/// names that lead out of `folder`, or would grow beyond what images do (more than 200 000 files, 64 GiB, or 1000
/// times its own size); nothing outside `folder` is ever written.
void unpack_zip(const fs::path& archive, const fs::path& folder);

}  // namespace hepatica
