// The stage that inspects payloads of packets whose headers do not decide everything: which name a
// DNS query asks for, which service an answer from an unknown port comes from, which attack tool
// sent a packet.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/keyed_hash.h"
#include "engine/classify/classified_burst.h"
#include "engine/classify/payload_tag.h"
#include "engine/classify/signature_set.h"

namespace floodgauge {

/// The signatures to match, with working memory for each worker. Immutable apart from that memory.
class PayloadStage {
 public:
  /// Throws std::bad_alloc.
  PayloadStage(std::shared_ptr<const SignatureSet> signatures, const HashKey& key,
               unsigned workers);

  /// Fills the tags of the doubtful packets of the burst. Where an unsolicited datagram from an
  /// unknown port matches the signature of a reflection, it also gets that vector. `worker` is the
  /// number of the calling worker, whose working memory is used. Costs a search for each datagram
  /// from an unknown port, and for one in kSampled of the other doubtful packets that are not DNS
  /// queries.
  void look(ClassifiedBurst& burst, unsigned worker);

  const std::shared_ptr<const SignatureSet>& signatures() const { return signatures_; }

  /// One in this many packets whose vector the headers decide is searched. The flow's keyed hash
  /// and its packet count choose which: senders cannot influence the choice, and it is the same for
  /// any number of workers.
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
