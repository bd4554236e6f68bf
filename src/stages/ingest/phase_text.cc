#include "stages/ingest/phase_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <vector>

namespace hepatica {
namespace {

struct Words {
  Phase phase;
  double confidence;
  std::vector<const char*> whole;  ///< whole words or phrases of words
  std::vector<const char*> parts;  ///< anywhere: stems, and scripts without blanks
};

const std::vector<Words>& vocabulary() {
  static const std::vector<Words> kWords{
      {Phase::noncontrast,
       0.95,
       {"plain",
        "nc",
        "ncct",
        "nect",
        "wo contrast",
        "w o contrast",
        "w o",
        "without contrast",
        "no contrast",
        "non contrast",
        "non contraste",
        "pre contrast",
        "pre",
        "precontrast",
        "sans injection",
        "sans iv",
        "sans ivc",
        "sans pdc",
        "sans contraste",
        "ohne km",
        "ohne kontrastmittel",
        "ohne iv",
        "sin contraste",
        "sin civ",
        "senza mdc",
        "senza contrasto",
        "basale",
        "unenhanced",
        "wo iv"},
       {"nativ", "noncontrast", "nonenhanced", "unenhanc", "平扫", "平掃", "非增强"}},
      {Phase::arterial,
       0.95,
       {"art", "hap", "arterial", "eap", "lap", "arterie"},
       {"arteri", "artéri", "动脉", "動脈"}},
      {Phase::portal_venous,
       0.95,
       {"pv", "pvp", "ven", "portal", "venous", "hvp", "pvein"},
       {"portal",
        "portov",
        "portoven",
        "porto ven",
        "venous",
        "venös",
        "venoes",
        "venos",
        "veineu",
        "vénos",
        "门脉",
        "门静脉",
        "靜脈",
        "静脉",
        "門脈"}},
      {Phase::delayed,
       0.95,
       {"dp", "late", "delay", "equi", "3min", "5min", "10min", "3 min", "5 min", "10 min", "15 min"},
       {"delay",
        "spät",
        "spaet",
        "tardi",
        "equilib",
        "équilib",
        "excret",
        "gleichgewicht",
        "延迟",
        "延遲",
        "平衡期",
        "排泄"}},
      {Phase::arterial, 0.5, {"ap"}, {}}};
  return kWords;
}

/// Lower case, everything between words one blank, a blank at each end; letters beyond ASCII are kept as they are.
std::string normalised(const std::string& text) {
  std::string result = " ";
  for (unsigned char c : text) {
    if (c >= 0x80 || std::isalnum(c))
      result += char(std::tolower(c));
    else if (result.back() != ' ')
      result += ' ';
  }
  // Ä, Ö, Ü, É and the like: the second byte of the capital differs from the small letter's by 0x20.
  for (size_t i = 0; i + 1 < result.size(); ++i)
    if (static_cast<unsigned char>(result[i]) == 0xC3 && static_cast<unsigned char>(result[i + 1]) < 0x9F)
      result[i + 1] = char(static_cast<unsigned char>(result[i + 1]) + 0x20);
  if (result.back() != ' ') result += ' ';
  return result;
}

std::map<Phase, double> named_phases(const std::string& text) {
  std::map<Phase, double> found;
  for (const Words& words : vocabulary()) {
    const auto whole = [&](const char* w) { return text.find(fmt::format(" {} ", w)) != std::string::npos; };
    const auto part = [&](const char* p) { return text.find(p) != std::string::npos; };
    if (std::any_of(words.whole.begin(), words.whole.end(), whole) ||
        std::any_of(words.parts.begin(), words.parts.end(), part))
      found[words.phase] = std::max(found[words.phase], words.confidence);
  }
  // "Late arterial" and "late portal venous" are arterial and portal venous.
  if (found.size() == 2 && found.contains(Phase::delayed) && text.find(" late ") != std::string::npos)
    found.erase(Phase::delayed);
  return found;
}

}  // namespace

PhaseGuess phase_from_words(const std::string& text) {
  const std::map<Phase, double> found = named_phases(normalised(text));
  if (found.size() != 1) return {};
  return {found.begin()->first, found.begin()->second, fmt::format("'{}'", text)};
}

PhaseGuess phase_from_file_name(const std::string& name) {
  const std::string text = normalised(name);
  std::map<Phase, double> found = named_phases(text);
  for (size_t start = 1; start < text.size();) {
    const size_t end = text.find(' ', start);
    const std::string word = text.substr(start, end - start);
    // "CT" names the plain phase only where it stands alone, as LiLNet's folders do.
    if (const auto phase = phase_from_name(word); phase && *phase != Phase::unknown && (word != "ct" || text == " ct "))
      found[*phase] = 0.9;
    start = end + 1;
  }
  if (found.size() != 1) return {};
  return {found.begin()->first, 0.9, fmt::format("file name '{}'", name)};
}

}  // namespace hepatica
