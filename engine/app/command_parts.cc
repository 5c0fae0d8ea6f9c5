#include "engine/app/command_parts.h"

#include <vector>

namespace floodgauge {
namespace {

constexpr const char* kExitCodes =
    "Exit: 0 done; 1 attacks found, with replay's --fail-on-attack; 2 usage or\n"
    "configuration; 3 input or port failed.\n"
    "Manual: man floodgauge";

}  // namespace

std::string footer(const std::string& examples) {
  return "Examples:\n" + examples + kExitCodes;
}

CLI::Validator one_of(std::initializer_list<std::string> allowed) {
  return CLI::IsMember(std::vector<std::string>(allowed)).description("");
}

void add_format(CLI::App& command, std::string& format) {
  command.add_option("--format", format, "for people, or for programs")
      ->type_name("text|json")
      ->check(one_of({"text", "json"}))
      ->default_str("text");
}

void add_password_file(CLI::App& command, std::string& path) {
  const char* text = "user:password on its first line (default: those of\nthe URL)";
  command.add_option("--password-file", path, text)->type_name("FILE");
}

void add_asking(CLI::App& command, AskOptions& options, bool several) {
  auto* url = command
                  .add_option("--url", options.urls,
                              several ? "where it listens, its export.listen; may be given\nagain"
                                      : "where it listens, its export.listen")
                  ->type_name("URL")
                  ->default_str(kDefaultUrl)
                  ->allow_extra_args(false);
  if (!several) url->expected(1);
  add_password_file(command, options.password_file);
  command.add_flag("--utc", options.utc, "times in UTC (default: local on a terminal)");
}

}  // namespace floodgauge
