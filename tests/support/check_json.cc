// check_json SCHEMA FILE...: checks that every line of each file is a JSON value that is valid
// under the schema. Prints every violation with its file and line, and then exits with 1.
#include <exception>
#include <fstream>
#include <iostream>
#include <string>

#include "tests/support/json_schema.h"

namespace {

int check(floodgauge::support::JsonSchema& schema, const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    std::cout << path << ": cannot be read\n";
    return 1;
  }
  int wrong = 0;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    for (const std::string& error : schema.errors(nlohmann::json::parse(line))) {
      std::cout << path << ":" << number << ": " << error << "\n";
      ++wrong;
    }
  }
  if (number == 0) {
    std::cout << path << ": is empty\n";
    return 1;
  }
  return wrong;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: check_json SCHEMA FILE...\n";
    return 2;
  }
  try {
    floodgauge::support::JsonSchema schema(argv[1]);
    int wrong = 0;
    for (int i = 2; i < argc; ++i) wrong += check(schema, argv[i]);
    return wrong == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::cout << error.what() << "\n";
    return 1;
  }
}
