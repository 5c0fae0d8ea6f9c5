// What the command line answers to a misspelt command or option.
#pragma once

#include <string>

namespace CLI {
class App;
class Error;
}  // namespace CLI

namespace floodgauge {

/// One line that says what is wrong, what was probably meant, and where to find help.
std::string failure_text(const CLI::App* app, const CLI::Error& error);

/// For a first argument that is no command: what was probably meant. Empty for a command, an option
/// or nothing.
std::string unknown_command_text(const CLI::App& app, const std::string& first);

}  // namespace floodgauge
