// Runs a fuzz target on the files and folders named as arguments, without libFuzzer: its corpus as
// an ordinary test, or the file of a finding under a debugger.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

bool run_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "%s: cannot be read\n", path.c_str());
    return false;
  }
  const std::string content((std::istreambuf_iterator<char>(file)), {});
  // An allocation of exactly this size, so that AddressSanitizer reports a read past its end.
  const auto exact = std::make_unique<std::uint8_t[]>(content.size());
  std::memcpy(exact.get(), content.data(), content.size());
  LLVMFuzzerTestOneInput(exact.get(), content.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  if (files.empty()) {
    std::fprintf(stderr, "usage: %s CORPUS_FILE_OR_FOLDER...\n", argv[0]);
    return 2;
  }
  bool all_read = true;
  for (const auto& file : files) all_read = run_file(file) && all_read;
  std::printf("%zu inputs\n", files.size());
  return all_read ? 0 : 1;
}
