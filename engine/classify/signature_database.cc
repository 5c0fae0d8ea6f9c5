#include "engine/classify/signature_database.h"

#include <hs/hs.h>

#include <optional>
#include <string>

namespace floodgauge {
namespace {

unsigned flags_of(const Signature& signature) {
  unsigned flags = HS_FLAG_DOTALL | HS_FLAG_SINGLEMATCH;
  if (signature.caseless) flags |= HS_FLAG_CASELESS;
  if (signature.multiline) flags |= HS_FLAG_MULTILINE;
  return flags;
}

/// Why a signature's expression does not compile; empty when it does.
std::optional<std::string> complaint_about(const Signature& signature) {
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  const hs_error_t result = hs_compile(signature.pattern.c_str(), flags_of(signature),
                                       HS_MODE_BLOCK, nullptr, &database, &error);
  hs_free_database(database);
  if (result == HS_SUCCESS) return std::nullopt;
  std::string message = error != nullptr && error->message != nullptr ? error->message : "unknown";
  hs_free_compile_error(error);
  return message;
}

/// Hyperscan stops at the first error. Compiles each signature by itself, so that all errors are
/// reported at once.
void complain(const std::vector<Signature>& signatures, const std::string& first,
              std::vector<SignatureError>& errors) {
  const std::size_t before = errors.size();
  for (const Signature& signature : signatures) {
    if (const auto complaint = complaint_about(signature)) {
      errors.push_back({signature.position, "pattern: " + signature.name + ": " + *complaint});
    }
  }
  if (errors.size() != before) return;
  errors.push_back({signatures.front().position,
                    "the signatures do not compile together: " + first + "; use fewer of them"});
}

}  // namespace

void FreeSignatureDatabase::operator()(hs_database* database) const {
  hs_free_database(database);
}

SignatureDatabase compile_signatures(const std::vector<Signature>& signatures,
                                     const hs_platform_info* platform,
                                     std::vector<SignatureError>& errors) {
  std::vector<const char*> patterns;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  for (const Signature& signature : signatures) {
    patterns.push_back(signature.pattern.c_str());
    flags.push_back(flags_of(signature));
    ids.push_back(static_cast<unsigned>(ids.size()));
  }
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  const hs_error_t result =
      hs_compile_multi(patterns.data(), flags.data(), ids.data(), static_cast<unsigned>(ids.size()),
                       HS_MODE_BLOCK, platform, &database, &error);
  if (result == HS_SUCCESS) return SignatureDatabase(database);
  const std::string first = error != nullptr && error->message != nullptr ? error->message : "";
  hs_free_compile_error(error);
  complain(signatures, first, errors);
  return nullptr;
}

SignatureDatabase read_database(std::span<const std::uint64_t> serialized) {
  hs_database_t* database = nullptr;
  hs_deserialize_database(reinterpret_cast<const char*>(serialized.data()), serialized.size_bytes(),
                          &database);
  return SignatureDatabase(database);
}

}  // namespace floodgauge
