#include "engine/export/history/history_writer.h"

#include <csignal>
#include <utility>
#include <vector>

namespace floodgauge {

HistoryWriter::HistoryWriter(Options options) : options_(std::move(options)) {
  try {
    open_store();
  } catch (const SqliteError& error) {
    // No room yet: the thread tries again.
    say_once(error.what());
  }
  // The main thread handles signals. A file that would grow beyond a limit (setrlimit(2)) is an
  // error of write(2) instead of SIGXFSZ.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

HistoryWriter::~HistoryWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void HistoryWriter::open_store() {
  store_ = std::make_unique<HistoryStore>(options_.path, options_.limits, options_.what,
                                          options_.report);
  last_number_.store(std::max(last_number_.load(), store_->last_number()));
  used_bytes_.store(store_->used_bytes(), std::memory_order_relaxed);
}

bool HistoryWriter::put(HistoryEntry entry, Then then) {
  return put(Job{.entry = std::move(entry), .minute = std::nullopt, .then = std::move(then)});
}

bool HistoryWriter::put(MinuteRates minute) {
  return put(Job{.entry = std::nullopt, .minute = std::move(minute), .then = {}});
}

bool HistoryWriter::put(Job job) {
  {
    std::unique_lock lock(mutex_);
    if (options_.wait) {
      changed_.wait(lock, [this] { return jobs_.size() < kMostWaiting; });
    } else if (jobs_.size() >= kMostWaiting) {
      lock.unlock();
      count(HistoryResult::dropped, 1);
      return false;
    }
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
  return true;
}

void HistoryWriter::flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.empty() && !working_; });
}

bool HistoryWriter::flush_for(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [this] { return jobs_.empty() && !working_; });
}

void HistoryWriter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto ready = [this] { return stopping_ || !jobs_.empty(); };
    const bool waiting = !unwritten_.empty() || !unwritten_minutes_.empty() || store_ == nullptr;
    if (waiting) {
      changed_.wait_for(lock, options_.retry, ready);
    } else {
      changed_.wait(lock, ready);
    }
    const bool last = stopping_;
    std::deque<Job> jobs = std::exchange(jobs_, {});
    working_ = true;
    lock.unlock();
    changed_.notify_all();
    take_over(jobs);
    if (last || !failing_ || std::chrono::steady_clock::now() >= next_attempt_) write();
    for (const Job& job : jobs) {
      if (job.then) job.then();
    }
    lock.lock();
    working_ = false;
    changed_.notify_all();
    if (last && jobs_.empty()) break;
  }
  lock.unlock();
  try {
    if (store_ != nullptr) store_->end_run();
  } catch (const SqliteError&) {
    // The next run will find incidents of this one that are still open, and close them.
  }
  store_.reset();
}

void HistoryWriter::take_over(std::deque<Job>& jobs) {
  std::size_t dropped = 0;
  for (Job& job : jobs) {
    if (job.entry) {
      const std::string& id = job.entry->incident->id;
      if (unwritten_.size() >= kMostUnwritten && !unwritten_.contains(id)) {
        ++dropped;
      } else {
        unwritten_.insert_or_assign(id, std::move(*job.entry));
      }
    }
    if (job.minute) unwritten_minutes_.push_back(std::move(*job.minute));
  }
  while (failing_ && unwritten_minutes_.size() > kMostUnwrittenMinutes) {
    unwritten_minutes_.pop_front();
    ++dropped;
  }
  count(HistoryResult::dropped, dropped);
}

void HistoryWriter::write() {
  if (unwritten_.empty() && unwritten_minutes_.empty() && store_ != nullptr) return;
  std::vector<HistoryEntry> incidents;
  for (const auto& [id, entry] : unwritten_) incidents.push_back(entry);
  const std::size_t all = incidents.size() + unwritten_minutes_.size();
  next_attempt_ = std::chrono::steady_clock::now() + options_.retry;
  try {
    if (store_ != nullptr && !store_->is_in_place()) {
      store_.reset();
      if (options_.report) {
        options_.report("the history " + options_.path +
                        " was removed or replaced: a new one begins");
      }
    }
    if (store_ == nullptr) open_store();
    store_->write(incidents, {});
    unwritten_.clear();
    while (!unwritten_minutes_.empty()) {
      store_->write({}, {&unwritten_minutes_.front(), 1});
      unwritten_minutes_.pop_front();
    }
    used_bytes_.store(store_->used_bytes(), std::memory_order_relaxed);
  } catch (const SqliteError& error) {
    count_written(all);
    say_once(error.what());
    if (error.is_damage()) leave_damaged();
    return;
  } catch (const HistoryError& error) {
    count_written(all);
    say_once(error.what());
    return;
  }
  count_written(all);
  if (std::exchange(failing_, false) && options_.report) {
    options_.report("the history is written again to " + options_.path);
  }
}

void HistoryWriter::count_written(std::size_t all) const {
  const std::size_t left = unwritten_.size() + unwritten_minutes_.size();
  count(HistoryResult::written, all - left);
  count(HistoryResult::failed, left);
}

void HistoryWriter::leave_damaged() {
  if (store_ == nullptr) return;
  try {
    const std::string aside = store_->set_aside("damaged");
    if (options_.report) {
      options_.report(options_.path + " is damaged: it was renamed to " + aside +
                      ", and a new history begins");
    }
  } catch (const HistoryError& error) {
    say_once(error.what());
  }
  store_.reset();
}

void HistoryWriter::say_once(const std::string& what) {
  if (std::exchange(failing_, true) || !options_.report) return;
  const bool whole = what.find(options_.path) != std::string::npos;
  options_.report(whole ? what
                        : "cannot write the history to " + options_.path + ": " + what +
                              "; it is tried again");
}

void HistoryWriter::count(HistoryResult result, std::size_t times) const {
  if (!options_.count) return;
  for (std::size_t i = 0; i < times; ++i) options_.count(result);
}

}  // namespace floodgauge
