// Scripts by which shells complete the commands and options of the command line. They are made from
// the same description that `--help` prints, and so they name every option.
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace floodgauge {

/// The script for `shell` (bash, zsh or fish); empty for another shell.
std::string completion_script(const CLI::App& app, std::string_view shell);

}  // namespace floodgauge
