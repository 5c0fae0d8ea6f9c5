// Run by the build: compiles the built-in signatures and writes the database as C++, so that the
// program does not have to compile them at each start. The database is for the oldest processors
// that Hyperscan supports; newer ones can use it too.
#include <hs/hs.h>

#include <bit>
#include <cstdio>
#include <cstring>
#include <vector>

#include "engine/classify/signature_database.h"
#include "engine/classify/signature_set.h"

namespace floodgauge {
namespace {

static_assert(std::endian::native == std::endian::little);

std::vector<std::uint64_t> serialized(const SignatureDatabase& database) {
  char* bytes = nullptr;
  std::size_t size = 0;
  if (hs_serialize_database(database.get(), &bytes, &size) != HS_SUCCESS) return {};
  std::vector<std::uint64_t> words((size + 7) / 8);
  std::memcpy(words.data(), bytes, size);
  std::free(bytes);
  return words;
}

int write(const char* path) {
  std::vector<SignatureError> errors;
  const std::vector<Signature> signatures =
      parse_signatures(builtin_signatures(), "config/signatures.yaml", errors);
  SignatureDatabase database;
  const hs_platform_info_t least{};
  if (errors.empty()) database = compile_signatures(signatures, &least, errors);
  for (const SignatureError& error : errors) {
    std::fprintf(stderr, "%s:%d:%d: %s\n", error.position.file.c_str(), error.position.line,
                 error.position.column, error.message.c_str());
  }
  if (database == nullptr) return 1;
  std::FILE* file = std::fopen(path, "w");
  if (file == nullptr) return 1;
  std::fputs(
      "// Made by the build from config/reflectors.yaml and config/signatures.yaml.\n"
      "#include \"engine/classify/signature_database.h\"\n\n"
      "namespace floodgauge {\n\n"
      "std::span<const std::uint64_t> builtin_database() {\n"
      "  alignas(64) static constexpr std::uint64_t kWords[] = {\n",
      file);
  for (const std::uint64_t word : serialized(database)) {
    std::fprintf(file, "0x%lx,\n", static_cast<unsigned long>(word));
  }
  std::fputs("  };\n  return kWords;\n}\n\n}  // namespace floodgauge\n", file);
  return std::fclose(file) == 0 ? 0 : 1;
}

}  // namespace
}  // namespace floodgauge

int main(int argc, char** argv) {
  return argc == 2 ? floodgauge::write(argv[1]) : 2;
}
