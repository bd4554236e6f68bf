// Options whose value is one of a few words.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <set>
#include <string>

namespace hepatica::cmd {

/// Adds an option that takes one of the words of `choices` and sets `target` to its value; the default is what `target`
/// holds. `target` must live until the command has been parsed.
template <class T>
CLI::Option* add_choice(CLI::App& app,
                        const std::string& name,
                        T& target,
                        const std::map<std::string, T>& choices,
                        const std::string& help) {
  std::string current;
  std::set<std::string> words;
  for (const auto& [word, value] : choices) {
    words.insert(word);
    if (value == target) current = word;
  }
  const auto set = [&target, choices](const std::string& word) { target = choices.at(word); };
  return app.add_option_function<std::string>(name, set, help)->check(CLI::IsMember(words))->default_str(current);
}

}  // namespace hepatica::cmd
