// Text and bytes as they may stand in HTML.
#pragma once

#include <string>
#include <string_view>

namespace hepatica::report {

/// With & < > and both quotes as entities, for element content and quoted attributes; what is not UTF-8 as U+FFFD.
std::string escape_html(const std::string& text);

/// RFC 4648, with padding.
std::string base64(std::string_view bytes);

}  // namespace hepatica::report
