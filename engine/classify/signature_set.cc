#include "engine/classify/signature_set.h"

#include <hs/hs.h>
#include <algorithm>
#include <iterator>
#include <new>

namespace floodgauge {
namespace {

// On processors with AVX512-VBMI, Hyperscan 5.4.0 reads up to 31 bytes past the end of its input,
// without using them (fat Teddy; https://github.com/VectorCamp/vectorscan/issues/322). That is
// harmless in the middle of a page; past the end of a page the memory may not be mapped.
constexpr std::size_t kReadAhead = 64;
constexpr std::size_t kLeastPageBytes = 4096;

bool ends_near_a_page_end(Payload payload) {
  const auto end = reinterpret_cast<std::uintptr_t>(payload.data() + payload.size());
  return (end - 1) % kLeastPageBytes + kReadAhead >= kLeastPageBytes;
}

struct Search {
  const std::vector<Signature>* signatures;
  std::uint16_t source_port;
  std::uint16_t destination_port;
  unsigned best;
  bool asked_ports = false;  ///< the result may differ for other ports
};

bool ports_fit(const Signature& signature, Search& search) {
  if (signature.ports.empty()) return true;
  search.asked_ports = true;
  // Answers come from a service's port. What goes to it is a question.
  const bool is_answer = is_reflection(signature.vector);
  return std::ranges::any_of(signature.ports, [&](std::uint16_t port) {
    return port == search.source_port || (!is_answer && port == search.destination_port);
  });
}

int on_match(unsigned id, unsigned long long, unsigned long long, unsigned, void* context) {
  Search& search = *static_cast<Search*>(context);
  if (id < search.best && ports_fit((*search.signatures)[id], search)) search.best = id;
  return search.best == 0 ? 1 : 0;  // no signature precedes the first: stop
}

}  // namespace

void SignatureSet::Scratch::Free::operator()(hs_scratch* scratch) const {
  hs_free_scratch(scratch);
}

std::shared_ptr<const SignatureSet> SignatureSet::load(const std::string& user_file,
                                                       std::vector<SignatureError>& errors) {
  std::vector<Signature> all;
  if (!user_file.empty()) all = read_signature_file(user_file, errors);
  std::vector<Signature> builtin =
      parse_signatures(builtin_signatures(), "signatures.yaml (built in)", errors);
  if (all.empty() && errors.empty()) {
    if (SignatureDatabase database = read_database(builtin_database())) {
      return std::shared_ptr<const SignatureSet>(
          new SignatureSet(std::move(builtin), std::move(database)));
    }
  }
  all.insert(all.end(), std::make_move_iterator(builtin.begin()),
             std::make_move_iterator(builtin.end()));
  std::shared_ptr<const SignatureSet> set = compile(std::move(all), errors);
  return errors.empty() ? set : nullptr;
}

std::shared_ptr<const SignatureSet> SignatureSet::compile(std::vector<Signature> signatures,
                                                          std::vector<SignatureError>& errors) {
  SignatureDatabase database;
  if (!signatures.empty()) {  // without a database, nothing matches
    if (hs_valid_platform() != HS_SUCCESS) {
      errors.push_back({{signatures.front().position.file, 1, 1},
                        "this processor lacks SSSE3, which payload matching needs"});
      return nullptr;
    }
    database = compile_signatures(signatures, nullptr, errors);
    if (database == nullptr) return nullptr;
  }
  return std::shared_ptr<const SignatureSet>(
      new SignatureSet(std::move(signatures), std::move(database)));
}

SignatureSet::Scratch SignatureSet::make_scratch() const {
  Scratch scratch;
  if (database_ == nullptr) return scratch;
  hs_scratch_t* raw = nullptr;
  if (hs_alloc_scratch(database_.get(), &raw) != HS_SUCCESS) throw std::bad_alloc();
  scratch.scratch_.reset(raw);
  scratch.copy_ = std::make_unique<std::uint8_t[]>(kSignatureScanBytes + kReadAhead);
  scratch.memo_ = std::make_unique<SearchMemo>();
  return scratch;
}

unsigned SignatureSet::search(Payload payload, Scratch& scratch, std::uint16_t source_port,
                              std::uint16_t destination_port) const {
  if (const std::optional<unsigned> known = scratch.memo_->find(payload)) return *known;
  Search search{&signatures_, source_port, destination_port,
                static_cast<unsigned>(signatures_.size())};
  Payload searched = payload;
  if (ends_near_a_page_end(payload)) {
    std::memcpy(scratch.copy_.get(), payload.data(), payload.size());
    searched = {scratch.copy_.get(), payload.size()};
  }
  // A failed search counts as no match: the packet keeps the vector that its headers gave it.
  hs_scan(database_.get(), reinterpret_cast<const char*>(searched.data()),
          static_cast<unsigned>(searched.size()), 0, scratch.scratch_.get(), on_match, &search);
  if (!search.asked_ports) scratch.memo_->keep(payload, search.best);
  return search.best;
}

std::optional<SignatureMatch> SignatureSet::match(Payload payload, Scratch& scratch,
                                                  std::uint16_t source_port,
                                                  std::uint16_t destination_port) const {
  if (payload.empty() || !scratch || !sieve_.may_match(payload)) return std::nullopt;
  payload = payload.first(std::min(payload.size(), kSignatureScanBytes));
  const unsigned best = search(payload, scratch, source_port, destination_port);
  if (best == signatures_.size()) return std::nullopt;
  const Signature& signature = signatures_[best];
  return SignatureMatch{static_cast<std::uint16_t>(best), signature.vector, signature.name};
}

}  // namespace floodgauge
