#include "engine/app/suggestions.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include "config/nearest.h"
#include "config/plain_text.h"

namespace floodgauge {
namespace {

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names{"help", "version"};
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

/// The name of `names` that `word` is nearest to; empty when none is near.
std::string meant_by(const std::string& word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> known(names.begin(), names.end());
  return std::string(nearest(word, known));
}

}  // namespace

std::string failure_text(const CLI::App* app, const CLI::Error& error) {
  const auto chosen = app->get_subcommands();
  const CLI::App* command = chosen.empty() ? app : chosen.front();
  const std::string name =
      chosen.empty() ? "floodgauge" : "floodgauge " + chosen.front()->get_name();
  std::string what = error.what();
  const std::vector<std::string> unexpected = app->remaining(true);
  const bool extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  // An option that is missing may be there, misspelt.
  const bool required = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  if (!unexpected.empty() && (extra || (required && unexpected.front().starts_with('-')))) {
    const std::string& first = unexpected.front();
    const std::string option = first.substr(0, first.find('='));
    const bool is_option = option.starts_with('-');
    const std::string meant = is_option ? meant_by(option, option_names(*command)) : "";
    what = printable(option) + (is_option ? ": no such option" : ": one argument too many");
    if (!meant.empty()) what += "; did you mean " + meant + "?";
  }
  return name + ": " + what + (what.ends_with('?') ? " See " : "; see ") + name + " --help\n";
}

std::string unknown_command_text(const CLI::App& app, const std::string& first) {
  const std::vector<std::string> names = command_names(app);
  if (first.empty() || first.starts_with('-') ||
      std::find(names.begin(), names.end(), first) != names.end()) {
    return "";
  }
  std::string meant = meant_by(first, names);
  std::error_code ignored;
  if (meant.empty() && std::filesystem::is_regular_file(first, ignored)) {
    const std::string extension = std::filesystem::path(first).extension();
    const bool config = extension == ".yaml" || extension == ".yml";
    meant = (config ? "floodgauge run -c " : "floodgauge replay ") + printable(first);
  }
  return "floodgauge: " + printable(first) + ": no such command; " +
         (meant.empty() ? "see floodgauge --help\n"
                        : "did you mean " + meant + "? See floodgauge --help\n");
}

}  // namespace floodgauge
