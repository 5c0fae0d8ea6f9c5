// What the commands of the command line have in common.
#pragma once

#include <initializer_list>
#include <string>

#include <CLI/CLI.hpp>

#include "engine/export/terminal/status.h"

namespace floodgauge {

inline constexpr const char* kDefaultUrl = "http://127.0.0.1:9733";

/// The end of a command's help: examples, exit codes, the manual.
std::string footer(const std::string& examples);
CLI::Validator one_of(std::initializer_list<std::string> allowed);
void add_format(CLI::App& command, std::string& format);
void add_password_file(CLI::App& command, std::string& path);
/// --url of the asking commands, and how they ask.
void add_asking(CLI::App& command, AskOptions& options, bool several);

}  // namespace floodgauge
