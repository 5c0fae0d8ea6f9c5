#include "engine/classify/search_memo.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "tests/engine/classify/guarded.h"

namespace floodgauge {
namespace {

TEST(SearchMemo, KnowsNothingAtFirst) {
  const SearchMemo memo;
  Guarded guarded;
  EXPECT_FALSE(memo.find(guarded("")));
  EXPECT_FALSE(memo.find(guarded(std::string(SearchMemo::kMaxBytes, '\0'))));
}

TEST(SearchMemo, FindsOnlyTheSameBytes) {
  SearchMemo memo;
  Guarded guarded;
  const std::string kept = "12345678, between, 12345678";
  memo.keep(guarded(kept), 7);
  EXPECT_EQ(memo.find(guarded(kept)), 7u);
  for (std::size_t at = 0; at < kept.size(); ++at) {
    std::string other = kept;
    other[at] ^= 1;
    EXPECT_FALSE(memo.find(guarded(other))) << at;
    EXPECT_FALSE(memo.find(guarded(kept.substr(0, at)))) << at;
  }
}

TEST(SearchMemo, IgnoresLongPayloads) {
  SearchMemo memo;
  Guarded guarded;
  const std::string longest(SearchMemo::kMaxBytes, 'x');
  memo.keep(guarded(longest), 1);
  memo.keep(guarded(longest + "x"), 2);
  EXPECT_EQ(memo.find(guarded(longest)), 1u);
  EXPECT_FALSE(memo.find(guarded(longest + "x")));
}

TEST(SearchMemo, IsNeverWrongAboutManyPayloads) {
  SearchMemo memo;
  Guarded guarded;
  std::mt19937 random(11);
  std::map<std::string, unsigned> answers;
  unsigned known = 0;
  for (unsigned n = 0; n < 100'000; ++n) {
    const std::string payload(random() % 20, static_cast<char>('a' + random() % 2));
    const auto [answer, fresh] = answers.try_emplace(payload, n);
    if (const auto found = memo.find(guarded(payload))) {
      ASSERT_FALSE(fresh);
      ASSERT_EQ(*found, answer->second);
      ++known;
    }
    memo.keep(guarded(payload), answer->second);
  }
  EXPECT_GT(known, 10'000u);
}

}  // namespace
}  // namespace floodgauge
