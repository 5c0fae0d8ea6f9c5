#include "engine/export/http/password_desk.h"

#include <algorithm>
#include <utility>

namespace floodgauge {

PasswordDesk::PasswordDesk(std::map<std::string, std::string> users, std::function<void()> wake,
                           std::function<Clock::time_point()> clock)
    : wake_(std::move(wake)),
      clock_(std::move(clock)),
      auth_(std::make_shared<BasicAuth>(std::move(users))),
      checks_(1, [this](Check& check) {
        check.right = check.auth->check(check.waiting.authorization);
        {
          const std::scoped_lock lock(lock_);
          done_ = std::move(check);
        }
        wake_();
      }) {}

void PasswordDesk::set_users(std::map<std::string, std::string> users) {
  auth_ = std::make_shared<BasicAuth>(std::move(users));
}

PasswordDesk::Answer PasswordDesk::ask(std::uint64_t connection, const std::string& authorization,
                                       const std::string& client) {
  switch (auth_->known(authorization)) {
    case BasicAuth::Known::allowed:
      return Answer::allowed;
    case BasicAuth::Known::refused:
      return Answer::refused;
    case BasicAuth::Known::unknown:
      break;
  }
  if (waiting_.size() >= kMostWaiting) return Answer::too_many;
  waiting_.push_back({connection, authorization, client});
  begin_next();
  return Answer::waits;
}

std::vector<PasswordDesk::Verdict> PasswordDesk::take() {
  std::vector<Verdict> verdicts;
  std::optional<Check> done;
  {
    const std::scoped_lock lock(lock_);
    done.swap(done_);
  }
  if (done) {
    checking_ = false;
    settle(*done, verdicts);
  }
  begin_next();
  return verdicts;
}

void PasswordDesk::settle(const Check& check, std::vector<Verdict>& verdicts) {
  if (check.auth != auth_) {  // of the users before: checked again
    waiting_.push_front(check.waiting);
    return;
  }
  auth_->remember(check.waiting.authorization, check.right);
  if (!check.right) note_refusal(check.waiting.client);
  verdicts.push_back({check.waiting.connection, check.right});
  // The same credentials, asked for meanwhile, need no check of their own.
  std::erase_if(waiting_, [&](const Waiting& other) {
    if (other.authorization != check.waiting.authorization) return false;
    verdicts.push_back({other.connection, check.right});
    return true;
  });
}

void PasswordDesk::begin_next() {
  if (checking_) return;
  const Clock::time_point now = clock_();
  const auto next = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) {
    return not_before(waiting.client) <= now;
  });
  if (next == waiting_.end()) return;
  checking_ = checks_.offer({.waiting = *next, .auth = auth_});
  if (checking_) waiting_.erase(next);
}

std::optional<PasswordDesk::Clock::time_point> PasswordDesk::next() const {
  if (checking_ || waiting_.empty()) return std::nullopt;
  Clock::time_point first = Clock::time_point::max();
  for (const Waiting& waiting : waiting_) first = std::min(first, not_before(waiting.client));
  return first;
}

PasswordDesk::Clock::time_point PasswordDesk::not_before(const std::string& client) const {
  const auto known = refusals_.find(client);
  if (known == refusals_.end() || known->second.count < kFreeRefusals) return {};
  if (clock_() - known->second.last > kMemory) return {};
  const unsigned doubled = std::min(known->second.count - kFreeRefusals, 10u);
  return known->second.last + std::min(kFirstDelay * (1u << doubled), kLongestDelay);
}

void PasswordDesk::note_refusal(const std::string& client) {
  const Clock::time_point now = clock_();
  if (!refusals_.contains(client) && refusals_.size() >= kMostClients) {
    refusals_.erase(std::min_element(
        refusals_.begin(), refusals_.end(),
        [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
  }
  Refusals& refusals = refusals_[client];
  if (now - refusals.last > kMemory) refusals.count = 0;
  ++refusals.count;
  refusals.last = now;
}

}  // namespace floodgauge
