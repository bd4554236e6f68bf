#include "stages/report/html_text.h"

#include <algorithm>
#include <cstdint>

#include "draw/canvas.h"

namespace hepatica::report {
using namespace draw;

std::string escape_html(const std::string& text) {
  std::string escaped;
  for (const char c : valid_utf8(text)) switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  return escaped;
}

std::string base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t n = 0; n < bytes.size(); n += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - n);
    uint32_t group = 0;
    for (size_t b = 0; b < 3; ++b) group = group << 8 | (b < count ? uint8_t(bytes[n + b]) : 0u);
    for (size_t d = 0; d < 4; ++d) text += d <= count ? kDigits[group >> (18 - 6 * d) & 63] : '=';
  }
  return text;
}

}  // namespace hepatica::report
