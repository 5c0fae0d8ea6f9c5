// Payload signatures, compiled into one Hyperscan database (Wang et al., "Hyperscan: a fast
// multi-pattern regex matcher for modern CPUs", NSDI 2019). Finds the signature that a payload
// matches. Used only for packets whose headers do not decide the vector.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/classify/payload.h"
#include "engine/classify/search_memo.h"
#include "engine/classify/signature_database.h"
#include "engine/classify/signature_file.h"
#include "engine/classify/signature_sieve.h"
#include "engine/model/vector.h"

struct hs_scratch;

namespace floodgauge {

/// The signatures of config/reflectors.yaml, then those of config/signatures.yaml, as they were
/// when the program was built.
std::string_view builtin_signatures();

/// Only this many bytes of a payload are searched: every built-in signature is anchored near its
/// start.
inline constexpr std::size_t kSignatureScanBytes = 1024;

struct SignatureMatch {
  std::uint16_t index;    ///< into SignatureSet::signatures()
  Vector vector;          ///< what the packet is counted as
  std::string_view name;  ///< lives as long as the set
};

/// Immutable once made; shared by all workers.
class SignatureSet {
 public:
  /// Working memory of the search: one for each worker and set, allocated on the control path. Only
  /// one thread at a time may use it.
  class Scratch {
   public:
    Scratch() = default;
    explicit operator bool() const { return scratch_ != nullptr; }

   private:
    friend class SignatureSet;
    struct Free {
      void operator()(hs_scratch* scratch) const;
    };
    std::unique_ptr<hs_scratch, Free> scratch_;
    std::unique_ptr<std::uint8_t[]> copy_;  ///< of payloads that end too near the end of a page
    std::unique_ptr<SearchMemo> memo_;
  };

  /// Compiles the signatures of `user_file` (none when it is empty) ahead of the built-in ones.
  /// When anything in the file is wrong, returns null and appends each error, with its position in
  /// the file, to `errors`. Without a file the database that the build compiled is used, unless the
  /// version of Hyperscan differs; with a file it takes a fraction of a second. Control path.
  static std::shared_ptr<const SignatureSet> load(const std::string& user_file,
                                                  std::vector<SignatureError>& errors);
  static std::shared_ptr<const SignatureSet> compile(std::vector<Signature> signatures,
                                                     std::vector<SignatureError>& errors);

  /// Throws std::bad_alloc when there is no memory for it.
  Scratch make_scratch() const;

  /// The first signature, in the order of the files, that matches the payload and whose ports (if
  /// it names any) include one of the packet's. Allocates nothing. `scratch` must come from this
  /// set.
  std::optional<SignatureMatch> match(Payload payload, Scratch& scratch,
                                      std::uint16_t source_port = 0,
                                      std::uint16_t destination_port = 0) const;

  const std::vector<Signature>& signatures() const { return signatures_; }

 private:
  SignatureSet(std::vector<Signature> signatures, SignatureDatabase database)
      : signatures_(std::move(signatures)), sieve_(signatures_), database_(std::move(database)) {}

  /// The index of the best match, or signatures().size().
  unsigned search(Payload payload, Scratch& scratch, std::uint16_t source_port,
                  std::uint16_t destination_port) const;

  std::vector<Signature> signatures_;
  SignatureSieve sieve_;
  SignatureDatabase database_;  ///< null: matches nothing
};

}  // namespace floodgauge
