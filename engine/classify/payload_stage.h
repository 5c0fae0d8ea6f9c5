// The stage that looks into payloads, where the headers leave a doubt: which name a DNS query asks
// for, which service an answer from an unknown port comes from, what a known attack tool sent.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/keyed_hash.h"
#include "engine/classify/classified_burst.h"
#include "engine/classify/payload_tag.h"
#include "engine/classify/signature_set.h"

namespace floodgauge {

/// What is matched, with working memory for each worker. Immutable but for that.
class PayloadStage {
 public:
  /// Throws std::bad_alloc.
  PayloadStage(std::shared_ptr<const SignatureSet> signatures, const HashKey& key,
               unsigned workers);

  /// Fills the tags of what is doubtful in the burst, and names in burst.vectors what an
  /// unsolicited datagram from an unknown port is. `worker` is the caller's own number: its working
  /// memory is used. Costs a search for each such datagram, and for one in kSampled of those whose
  /// service the port tells.
  void look(ClassifiedBurst& burst, unsigned worker);

  const std::shared_ptr<const SignatureSet>& signatures() const { return signatures_; }

  /// Of datagrams from known ports, one in so many is searched, chosen by the flow's keyed hash and
  /// its count of packets: by nobody outside, and the same for any number of workers.
  static constexpr std::uint32_t kSampled = 16;

 private:
  struct alignas(64) OfWorker {
    SignatureSet::Scratch scratch;
  };

  std::uint32_t tag_of_query(Payload payload) const;
  void search(ClassifiedBurst& burst, std::uint16_t i, SignatureSet::Scratch& scratch) const;

  std::shared_ptr<const SignatureSet> signatures_;
  HashKey key_;
  std::vector<OfWorker> workers_;
};

}  // namespace floodgauge
