#include "engine/app/baseline_keeper.h"

#include <algorithm>
#include <cstdio>

#include "engine/base/replace_file.h"

namespace floodgauge {
namespace {

constexpr auto kEvery = std::chrono::minutes(5);

/// The file for the baselines of a profile; empty when there is none.
std::string state_of(const Settings& settings, const std::string& profile) {
  const auto at = settings.profiles.find(profile);
  if (at == settings.profiles.end() || !at->second.baseline.enabled) return "";
  return at->second.baseline.state;
}

/// Seconds over which the class that was learnt longest was learnt.
std::uint64_t seconds_learnt(const PrefixBaseline& baseline) {
  std::uint64_t most = 0;
  for (const UsualRate& rate : baseline) most = std::max(most, rate.seconds());
  return most;
}

}  // namespace

BaselineKeeper::BaselineKeeper(Warn warn, ControlMetrics& metrics)
    : warn_(std::move(warn)),
      metrics_(metrics),
      next_(std::chrono::steady_clock::now() + kEvery),
      writes_(64, [this](Write& one) { write(one); }) {}

/// By the queue's thread.
void BaselineKeeper::write(Write& write) {
  const std::string text = write.text.text();
  std::string wrong;
  if (text.size() > kMaxBaselineFileBytes) {
    wrong =
        write.path + " would be larger than can be read again (" +
        std::to_string(kMaxBaselineFileBytes >> 20) +
        " MiB); it is left as it was. Spread the prefixes over profiles with files of their own";
  } else {
    wrong = replace_file(write.path, text);
  }
  metrics_.count_baseline_save(wrong.empty() ? BaselineSave::succeeded : BaselineSave::failed);
  if (!wrong.empty()) warn_("baseline: " + wrong);
}

void BaselineKeeper::load(const Settings& settings, const PrefixRegistry& registry,
                          Baseline& baseline) {
  load_where(settings, registry, baseline, [](const ProtectedPrefix&) { return true; });
}

void BaselineKeeper::load_changed(const Settings& before, const PrefixRegistry& registry_before,
                                  const Settings& settings, const PrefixRegistry& registry,
                                  Baseline& baseline) {
  std::map<IpPrefix, std::string> files_before;
  for (const ProtectedPrefix& prefix : registry_before.prefixes()) {
    if (prefix.active) files_before[prefix.prefix] = state_of(before, prefix.profile);
  }
  load_where(settings, registry, baseline, [&](const ProtectedPrefix& prefix) {
    const auto file = files_before.find(prefix.prefix);
    return file == files_before.end() || file->second != state_of(settings, prefix.profile);
  });
}

void BaselineKeeper::load_where(const Settings& settings, const PrefixRegistry& registry,
                                Baseline& baseline, const Wanted& wanted) {
  std::map<std::string, LearntBaselines> files;
  std::map<std::string, LearntServices> services;
  for (const ProtectedPrefix& prefix : registry.prefixes()) {
    const std::string path = prefix.active ? state_of(settings, prefix.profile) : "";
    if (path.empty() || !wanted(prefix)) continue;
    auto file = files.find(path);
    if (file == files.end()) {
      keeps(path);  // claimed before it is read
      std::string warning;
      file = files.emplace(path, load_baseline(path, warning, &services[path])).first;
      if (!warning.empty()) warn_("baseline: " + warning);
      if (set_aside_if_foreign(path, file->second, settings, registry)) {
        file->second.clear();
        services[path].clear();
      }
    }
    if (const auto its = services[path].find(prefix.prefix); its != services[path].end()) {
      baseline.services().restore(prefix.prefix, its->second);
    }
    const auto learnt = file->second.find(prefix.prefix);
    if (learnt == file->second.end()) continue;
    const auto in_memory = baseline.learnt().find(prefix.prefix);
    if (in_memory != baseline.learnt().end() &&
        seconds_learnt(in_memory->second) >= seconds_learnt(learnt->second)) {
      continue;
    }
    baseline.restore(prefix.prefix, std::move(learnt->second));
  }
}

/// A file that holds nothing of what is protected with it was learnt for another configuration: the
/// next save would overwrite it.
bool BaselineKeeper::set_aside_if_foreign(const std::string& path, const LearntBaselines& learnt,
                                          const Settings& settings,
                                          const PrefixRegistry& registry) {
  const bool own = std::any_of(registry.prefixes().begin(), registry.prefixes().end(),
                               [&](const ProtectedPrefix& prefix) {
                                 return prefix.active && learnt.contains(prefix.prefix) &&
                                        state_of(settings, prefix.profile) == path;
                               });
  if (learnt.empty() || own || !keeps(path)) return false;
  const std::string aside = path + ".other";
  const bool moved = std::rename(path.c_str(), aside.c_str()) == 0;
  warn_("baseline: " + path + " is of another configuration: none of its " +
        std::to_string(learnt.size()) + " prefixes is protected with it; learning begins anew" +
        (moved ? ", the file is now " + aside : ""));
  return true;
}

bool BaselineKeeper::keeps(const std::string& path) {
  if (claims_.claim(path)) return true;
  if (warned_.insert(path).second) {
    warn_("baseline: " + path +
          " is kept by another floodgauge; this one reads it, and does not write what it learns. "
          "Give each "
          "sensor a file of its own");
  }
  return false;
}

/// Adds the next prefix of the pass to the text of its file. False when there is none left.
bool BaselineKeeper::add_next(const Settings& settings, const PrefixRegistry& registry,
                              const Baseline& baseline) {
  if (pass_->next >= registry.prefixes().size()) return false;
  const ProtectedPrefix& prefix = registry.prefixes()[pass_->next++];
  const std::string path = prefix.active ? state_of(settings, prefix.profile) : "";
  if (path.empty() || !keeps(path)) return true;
  BaselineText& file = pass_->files[path];
  const auto learnt = baseline.learnt().find(prefix.prefix);
  if (learnt != baseline.learnt().end()) file.add(learnt->first, learnt->second);
  const auto& seasons = baseline.services().all();
  if (const auto its = seasons.find(prefix.prefix); its != seasons.end()) {
    file.add(prefix.prefix, its->second);
  }
  return true;
}

void BaselineKeeper::queue_files() {
  for (auto& [path, file] : pass_->files) {
    if (writes_.offer({path, std::move(file)})) continue;
    metrics_.count_baseline_save(BaselineSave::dropped);
    warn_("baseline: " + path + ": not saved, still writing");
  }
  pass_.reset();
}

void BaselineKeeper::save(const Settings& settings, const PrefixRegistry& registry,
                          const Baseline& baseline, bool now) {
  const auto time = std::chrono::steady_clock::now();
  if (now || (!pass_ && time >= next_)) {
    next_ = time + kEvery;
    pass_ = Pass{};
  }
  if (!pass_) return;
  while (add_next(settings, registry, baseline)) {
    if (!now && std::chrono::steady_clock::now() - time >= kSlice) return;
  }
  queue_files();
  if (now) writes_.drain();
}

}  // namespace floodgauge
