#include "engine/app/completion.h"

#include <CLI/CLI.hpp>
#include <vector>

namespace floodgauge {
namespace {

struct CompletedOption {
  std::vector<std::string> flags;  ///< "-c", "--config"; empty for a positional argument
  std::string help;                ///< one line
  bool takes_value = false;
  bool file = false;                 ///< the value is the name of a file
  std::vector<std::string> choices;  ///< the values, where they are few
};

struct CompletedCommand {
  std::string name;
  std::string help;
  std::vector<CompletedOption> options;
};

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

/// The words of "max|1x|Nx" that are values as they stand. Capitals are placeholders.
std::vector<std::string> choices_of(const std::string& type) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  while (begin <= type.size() && type.find('|') != std::string::npos) {
    const std::size_t end = std::min(type.find('|', begin), type.size());
    const std::string word = type.substr(begin, end - begin);
    if (word.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos) {
      words.push_back(word);
    }
    begin = end + 1;
  }
  return words;
}

bool is_file(const std::string& type, const std::string& name) {
  for (const std::string& text : {type, name}) {
    if (text == "FILE" || text == "DIR" || text == "CAPTURE") return true;
  }
  return false;
}

CompletedCommand described(const CLI::App& command) {
  CompletedCommand out{command.get_name(), one_line(command.get_description()), {}};
  for (const CLI::Option* option : command.get_options()) {
    CompletedOption described{{}, one_line(option->get_description()), false, false, {}};
    for (const std::string& name : option->get_snames()) described.flags.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) described.flags.push_back("--" + name);
    const std::string type = option->get_type_name();
    described.takes_value = option->get_expected_min() > 0;
    described.file = described.takes_value && is_file(type, option->get_name());
    if (described.takes_value) described.choices = choices_of(type);
    out.options.push_back(std::move(described));
  }
  return out;
}

std::vector<CompletedCommand> commands_of(const CLI::App& app) {
  std::vector<CompletedCommand> commands;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (!command->get_group().empty()) commands.push_back(described(*command));
  }
  return commands;
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

/// In single quotes, as POSIX shells and zsh read it.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string names_of(const std::vector<CompletedCommand>& commands) {
  std::vector<std::string> names;
  for (const CompletedCommand& command : commands) names.push_back(command.name);
  return joined(names, " ");
}

constexpr const char* kMade = "completion of floodgauge, made by `floodgauge completion`\n";

std::string bash_case(const CompletedCommand& command) {
  std::string flags;
  std::string files;
  std::string cases;
  bool positional_file = false;
  for (const CompletedOption& option : command.options) {
    if (option.flags.empty()) {
      positional_file = positional_file || option.file;
      if (!option.choices.empty()) flags += " " + joined(option.choices, " ");
      continue;
    }
    flags += " " + joined(option.flags, " ");
    if (!option.takes_value) continue;
    const std::string action = option.file ? "COMPREPLY=($(compgen -f -- \"$word\"))"
                                           : "COMPREPLY=($(compgen -W '" +
                                                 joined(option.choices, " ") + "' -- \"$word\"))";
    cases += "      " + joined(option.flags, " | ") + ") " + action + "; return ;;\n";
  }
  std::string out = "    " + command.name + ")\n";
  if (!cases.empty()) out += "      case \"$before\" in\n" + cases + "      esac\n";
  out += "      words='" + flags.substr(flags.empty() ? 0 : 1) + "'\n";
  if (positional_file)
    out += "      [[ $word == -* ]] || { COMPREPLY=($(compgen -f -- \"$word\")); return; }\n";
  return out + "      ;;\n";
}

std::string bash_script(const std::vector<CompletedCommand>& commands) {
  std::string out =
      std::string("# ") + kMade +
      "_floodgauge() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W '" +
      names_of(commands) +
      " --help --version' -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"${COMP_WORDS[1]}\" in\n";
  for (const CompletedCommand& command : commands) out += bash_case(command);
  return out +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "}\n"
         "complete -o filenames -F _floodgauge floodgauge\n";
}

/// A colon and brackets end a part of a specification of zsh's _arguments.
std::string zsh_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_argument(const CompletedOption& option) {
  const std::string values = option.file ? ":file:_files"
                             : !option.choices.empty()
                                 ? ":value:(" + joined(option.choices, " ") + ")"
                                 : ":value:";
  if (option.flags.empty()) return "      " + quoted("*" + values) + " \\\n";
  std::string out;
  for (const std::string& flag : option.flags) {
    out += "      " +
           quoted("*" + flag + "[" + zsh_escaped(option.help) + "]" +
                  (option.takes_value ? values : "")) +
           " \\\n";
  }
  return out;
}

std::string zsh_script(const std::vector<CompletedCommand>& commands) {
  std::string out = std::string("#compdef floodgauge\n# ") + kMade +
                    "_floodgauge() {\n"
                    "  if (( CURRENT == 2 )); then\n"
                    "    local -a commands=(\n";
  for (const CompletedCommand& command : commands) {
    out += "      " + quoted(command.name + ":" + command.help) + "\n";
  }
  out +=
      "    )\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case $command in\n";
  for (const CompletedCommand& command : commands) {
    out += "    " + command.name + ") _arguments \\\n";
    for (const CompletedOption& option : command.options) out += zsh_argument(option);
    out += "      ;;\n";
  }
  return out + "  esac\n}\n_floodgauge \"$@\"\n";
}

/// fish knows two escapes within single quotes: \' and \\.
std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
  return out + "'";
}

std::string fish_script(const std::vector<CompletedCommand>& commands) {
  std::string out = std::string("# ") + kMade + "complete -c floodgauge -f\n";
  for (const CompletedCommand& command : commands) {
    out += "complete -c floodgauge -n __fish_use_subcommand -a " + command.name + " -d " +
           fish_quoted(command.help) + "\n";
  }
  for (const CompletedCommand& command : commands) {
    const std::string begin =
        "complete -c floodgauge -n '__fish_seen_subcommand_from " + command.name + "'";
    for (const CompletedOption& option : command.options) {
      out += begin;
      for (const std::string& flag : option.flags) {
        const bool is_long = flag.starts_with("--");
        out += (is_long ? " -l " : " -s ") + flag.substr(is_long ? 2 : 1);
      }
      if (option.takes_value && !option.flags.empty()) out += " -r";
      if (option.file) out += " -F";
      if (!option.choices.empty()) out += " -a " + fish_quoted(joined(option.choices, " "));
      out += " -d " + fish_quoted(option.help) + "\n";
    }
  }
  return out;
}

}  // namespace

std::string completion_script(const CLI::App& app, std::string_view shell) {
  const std::vector<CompletedCommand> commands = commands_of(app);
  if (shell == "bash") return bash_script(commands);
  if (shell == "zsh") return zsh_script(commands);
  if (shell == "fish") return fish_script(commands);
  return "";
}

}  // namespace floodgauge
