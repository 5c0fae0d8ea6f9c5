// Reads a file of payload signatures: YAML text -> signatures or errors. config/signatures.yaml
// explains the format and is built into the program.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/vector.h"

namespace floodgauge {

/// A position in a file; line and column count from 1.
struct SignaturePosition {
  std::string file;
  int line = 1;
  int column = 1;
};

struct Signature {
  std::string name;
  Vector vector = Vector::udp;
  std::string pattern;
  bool caseless = false;
  bool multiline = false;
  std::vector<std::uint16_t> ports;  ///< empty: any
  SignaturePosition position;        ///< position of its pattern
};

struct SignatureError {
  SignaturePosition position;
  std::string message;  ///< what is wrong and what to write instead
  /// "file:line:column: message".
  std::string text() const;
};

/// Limits, so that a wrong file gives an error message instead of using up the memory.
inline constexpr std::size_t kMaxSignatureFileBytes = 1 << 18;
inline constexpr std::size_t kMaxSignatures = 1024;
inline constexpr std::size_t kMaxPatternBytes = 4096;

/// Returns the well-formed signatures of `text`, and appends every error in the others to `errors`.
/// Does not check whether the patterns compile. `file` is the name that messages give.
std::vector<Signature> parse_signatures(std::string_view text, const std::string& file,
                                        std::vector<SignatureError>& errors);

/// The same for a file on disk. A file that cannot be read is an error as well.
std::vector<Signature> read_signature_file(const std::string& path,
                                           std::vector<SignatureError>& errors);

}  // namespace floodgauge
