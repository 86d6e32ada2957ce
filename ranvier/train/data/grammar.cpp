// Procedural text: sentences of a small grammar, each drawn on its own. Every choice has known
// odds and every sentence can be read in one way only, so the entropy per byte is known exactly:
// entropy of a sentence over its mean length (a renewal process). What can be predicted without
// doubt (the rest of a word, the verb's ending, the subject that comes back at the end of the
// sentence) needs a memory of up to a sentence.
//
// Integer odds and core::Rng alone: the bytes are equal on every machine.

#include "ranvier/core/rng.hpp"
#include "ranvier/train/data/loaders.hpp"
#include "ranvier/train/data/text.hpp"

#include <array>
#include <cmath>
#include <string>
#include <string_view>

namespace ranvier::train {
namespace {

constexpr int64_t kTrainWindows = 4000;
constexpr int64_t kTestWindows = 400;
constexpr int64_t kMostWindows = 1'000'000;
constexpr uint64_t kTrainStream = 21;
constexpr uint64_t kTestStream = 22;

/// A word and how often it is taken, out of the sum over its list.
struct Word {
  std::string_view text;
  int odds;
};

template <size_t kSize>
using Words = std::array<Word, kSize>;

constexpr Words<8> kNouns{{{"router", 8},
                           {"neuron", 8},
                           {"axon", 4},
                           {"spike", 4},
                           {"chip", 3},
                           {"channel", 2},
                           {"buffer", 2},
                           {"link", 1}}};
constexpr Words<5> kAdjectives{{{"", 8}, {"small ", 3}, {"fast ", 2}, {"silent ", 2}, {"old ", 1}}};
constexpr Words<2> kNumbers{{{"", 3}, {"s", 1}}};
constexpr Words<6> kVerbs{
    {{"carry", 6}, {"wake", 4}, {"reach", 3}, {"count", 2}, {"drop", 2}, {"learn from", 1}}};
constexpr Words<4> kPlaces{{{"at night", 4}, {"in the mesh", 2}, {"on the rim", 1}, {"here", 1}}};

template <size_t kSize>
constexpr int total(const Words<kSize>& words) {
  int sum = 0;
  for (const Word& word : words) sum += word.odds;
  return sum;
}

template <size_t kSize>
double entropy(const Words<kSize>& words) {
  double bits = 0;
  for (const Word& word : words) {
    const double p = static_cast<double>(word.odds) / total(words);
    bits -= p * std::log2(p);
  }
  return bits;
}

template <size_t kSize>
double mean_length(const Words<kSize>& words) {
  double length = 0;
  for (const Word& word : words) {
    length += static_cast<double>(word.odds) * static_cast<double>(word.text.size());
  }
  return length / total(words);
}

template <size_t kSize>
std::string_view choose(core::Rng& rng, const Words<kSize>& words) {
  auto left = static_cast<int>(rng.below(static_cast<uint64_t>(total(words))));
  for (const Word& word : words) {
    left -= word.odds;
    if (left < 0) return word.text;
  }
  return words.back().text;
}

/// "the old neurons will carry the link and the neurons rest at night.\n"
std::string sentence(core::Rng& rng) {
  const std::string_view adjective = choose(rng, kAdjectives);
  const std::string subject = std::string(choose(rng, kNouns)).append(choose(rng, kNumbers));
  const std::string_view verb = choose(rng, kVerbs);
  const std::string_view object = choose(rng, kNouns);
  const std::string_view place = choose(rng, kPlaces);
  const bool is_plural = subject.back() == 's';
  std::string out = "the ";
  out.append(adjective).append(subject).append(" will ").append(verb);
  out.append(" the ").append(object).append(" and the ").append(subject);
  out.append(is_plural ? " rest " : " rests ").append(place).append(".\n");
  return out;
}

std::vector<uint8_t> write_text(uint64_t seed, uint64_t stream, int64_t bytes) {
  core::Rng rng = core::Rng(seed).fork(stream);
  std::string text;
  while (static_cast<int64_t>(text.size()) < bytes) text += sentence(rng);
  return {text.begin(), text.begin() + bytes};
}

/// Expected bytes of a sentence. Subject, number and place stand where `sentence` puts them.
double mean_sentence() {
  const double subject = mean_length(kNouns) + mean_length(kNumbers);
  const double plural = static_cast<double>(kNumbers[1].odds) / total(kNumbers);
  constexpr std::string_view kFixed = "the  will  the  and the .\n";
  constexpr std::string_view kRest = " rest ";
  return static_cast<double>(kFixed.size() + kRest.size()) + (1.0 - plural) + 2 * subject +
         mean_length(kAdjectives) + mean_length(kVerbs) + mean_length(kNouns) +
         mean_length(kPlaces);
}

}  // namespace

double grammar_bits_per_byte() {
  const double sentence_bits = entropy(kAdjectives) + 2 * entropy(kNouns) + entropy(kNumbers) +
                               entropy(kVerbs) + entropy(kPlaces);
  return sentence_bits / mean_sentence();
}

Data draw_text(const DataSpec& spec) {
  const auto bytes = [&](std::optional<int64_t> given, int64_t fallback, std::string_view key) {
    return limited(given.value_or(fallback), kMostWindows, key) * spec.context + 1;
  };
  Data data;
  data.text.context = spec.context;
  data.text.train = write_text(spec.seed, kTrainStream,
                               bytes(spec.train_samples, kTrainWindows, "data.train_samples"));
  data.text.test = write_text(spec.seed, kTestStream,
                              bytes(spec.test_samples, kTestWindows, "data.test_samples"));
  return data;
}

}  // namespace ranvier::train
