// Hyperscan databases: compiled from signatures, or read back as the build compiled them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/classify/signature_file.h"

struct hs_database;
struct hs_platform_info;

namespace floodgauge {

struct FreeSignatureDatabase {
  void operator()(hs_database* database) const;
};
using SignatureDatabase = std::unique_ptr<hs_database, FreeSignatureDatabase>;

/// Numbers of matches are indices into `signatures`, which is not empty. `platform`: whose
/// processor it is for; this one's when null. Null, and every error with its place in `errors`,
/// when one does not compile. Takes a third of a second for a hundred signatures.
SignatureDatabase compile_signatures(const std::vector<Signature>& signatures,
                                     const hs_platform_info* platform,
                                     std::vector<SignatureError>& errors);

/// As the build made it of the built-in signatures, for every processor that the program starts on.
std::span<const std::uint64_t> builtin_database();

/// Null when another version of Hyperscan wrote it.
SignatureDatabase read_database(std::span<const std::uint64_t> serialized);

}  // namespace floodgauge
