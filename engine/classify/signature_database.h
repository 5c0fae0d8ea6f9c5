// Hyperscan databases: compiled from signatures, or read back from what the build compiled.
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

/// Compiles `signatures`, of which there must be one at least. Hyperscan reports a match by its
/// index into `signatures`. `platform` is the processor to compile for; null means this machine's.
/// When a signature does not compile, returns null and appends every error, with its position in
/// the file, to `errors`. Takes a third of a second for a hundred signatures.
SignatureDatabase compile_signatures(const std::vector<Signature>& signatures,
                                     const hs_platform_info* platform,
                                     std::vector<SignatureError>& errors);

/// The database of the built-in signatures, which the build compiled for every processor that the
/// program starts on.
std::span<const std::uint64_t> builtin_database();

/// Returns null when another version of Hyperscan wrote the database.
SignatureDatabase read_database(std::span<const std::uint64_t> serialized);

}  // namespace floodgauge
