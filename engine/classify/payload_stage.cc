#include "engine/classify/payload_stage.h"

#include "engine/classify/classify.h"
#include "engine/classify/dns.h"

namespace floodgauge {
namespace {

/// Chooses one in kSampled of a flow's packets. The flow's hash decides at which packet it begins.
bool is_sampled(std::uint64_t flow_hash, std::uint32_t packets) {
  return ((flow_hash >> 40) + packets) % PayloadStage::kSampled == 0;
}

}  // namespace

PayloadStage::PayloadStage(std::shared_ptr<const SignatureSet> signatures, const HashKey& key,
                           unsigned workers)
    : signatures_(std::move(signatures)), key_(key), workers_(workers) {
  for (OfWorker& worker : workers_) worker.scratch = signatures_->make_scratch();
}

std::uint32_t PayloadStage::tag_of_query(Payload payload) const {
  const std::optional<DnsMessage> message = parse_dns(payload, key_);
  if (!message || message->question != DnsQuestion::complete) return 0;
  return static_cast<std::uint32_t>(message->name_hash) | 1u;
}

void PayloadStage::search(ClassifiedBurst& burst, std::uint16_t i,
                          SignatureSet::Scratch& scratch) const {
  const PacketFacts& facts = burst.facts[i];
  const auto match = signatures_->match(payload_of(burst.frames[i], facts), scratch,
                                        facts.source_port, facts.destination_port);
  if (!match) return;
  burst.tags[i] = tag_of_signature(match->index);
  if (burst.vectors[i] == Vector::udp && is_reflection(match->vector)) {
    burst.vectors[i] = match->vector;
  }
}

void PayloadStage::look(ClassifiedBurst& burst, unsigned worker) {
  SignatureSet::Scratch& scratch = workers_[worker].scratch;
  for_each_bit(burst.doubtful, [&](std::uint16_t i) {
    const Vector vector = burst.vectors[i];
    if (vector == Vector::dns_query) {
      burst.tags[i] = tag_of_query(payload_of(burst.frames[i], burst.facts[i]));
    } else if (vector == Vector::udp ||
               is_sampled(burst.flow_hashes[i], burst.lookups[i].packets)) {
      search(burst, i, scratch);
    }
  });
}

}  // namespace floodgauge
