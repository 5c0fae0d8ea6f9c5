// The file of payload signatures: YAML text in, signatures or errors out. config/signatures.yaml
// explains the form and is built into the program.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/vector.h"

namespace floodgauge {

/// Where something stands in a file; line and column count from 1.
struct SignaturePlace {
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
  SignaturePlace place;              ///< of its pattern
};

struct SignatureError {
  SignaturePlace place;
  std::string message;  ///< what is wrong and what to do
  /// "file:line:column: message".
  std::string text() const;
};

/// Bounds, so that a wrong file costs an error message and not the memory.
inline constexpr std::size_t kMaxSignatureFileBytes = 1 << 18;
inline constexpr std::size_t kMaxSignatures = 1024;
inline constexpr std::size_t kMaxPatternBytes = 4096;

/// All signatures of `text` that are well formed; what is wrong with the others is appended to
/// `errors`, all of it. Whether a pattern compiles is not looked at here. `file` is for messages.
std::vector<Signature> parse_signatures(std::string_view text, const std::string& file,
                                        std::vector<SignatureError>& errors);

/// The same for a file on disk; one that cannot be read is an error like the others.
std::vector<Signature> read_signature_file(const std::string& path,
                                           std::vector<SignatureError>& errors);

}  // namespace floodgauge
