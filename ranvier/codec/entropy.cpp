#include "ranvier/codec/entropy.hpp"

#include "ranvier/codec/registry.hpp"
#include "ranvier/codec/symbol_contexts.hpp"
#include "ranvier/core/error.hpp"

#include <algorithm>

namespace ranvier::codec {
namespace {

constexpr int kStepContexts = 3;      // no step before, no event in it, an event in it
constexpr double kPriorWeight = 8.0;  // symbols that a wider statistic counts for

/// Shares -> frequencies of at least 1 that sum to 2^kEntropyBits; what rounding leaves goes to the
/// most frequent entry.
void quantise(std::span<const double> share, std::span<uint16_t> frequency) {
  constexpr int kTotal = 1 << kEntropyBits;
  const double room = kTotal - static_cast<double>(share.size());
  int left = kTotal;
  for (size_t i = 0; i < share.size(); ++i) {
    frequency[i] = static_cast<uint16_t>(1 + static_cast<int>(share[i] * room));
    left -= frequency[i];
  }
  const auto most = std::max_element(frequency.begin(), frequency.end());
  *most = static_cast<uint16_t>(*most + left);
}

/// (counts + weight x prior) / sum.
std::vector<double> blend(std::span<const int64_t> counts, std::span<const double> prior) {
  double total = kPriorWeight;
  for (const int64_t n : counts) total += static_cast<double>(n);
  std::vector<double> share(counts.size());
  for (size_t i = 0; i < share.size(); ++i) {
    share[i] = (static_cast<double>(counts[i]) + kPriorWeight * prior[i]) / total;
  }
  return share;
}

}  // namespace

int entropy_entries(const CodecSpec& spec) {
  const SymbolField field = symbol_field(spec);
  const int symbols = 1 + (spec.is_signed ? 2 : 1) * field.highest();
  return symbols <= kMostDirect + 1 ? symbols : kMostDirect + 1;
}

int entropy_contexts(const CodecSpec& spec) {
  return kNeighbourContexts * (spec.steps > 1 ? kStepContexts : 1);
}

SymbolContexts::SymbolContexts(int elements, std::span<const uint32_t> places, int channels,
                               int height, int width)
    : neighbours_(static_cast<size_t>(elements)) {
  RANVIER_CONTRACT(places.empty() || places.size() == neighbours_.size(),
                   "every element of a frame has its place");
  const auto row = static_cast<int64_t>(width);
  const int64_t plane = row * height;
  const auto place = [&](int32_t e) {
    return places.empty() ? int64_t{e} : int64_t{places[static_cast<size_t>(e)]};
  };
  int32_t above = 0;  // first element not before the place above the present one
  for (int32_t e = 0; e < elements; ++e) {
    const int64_t at = place(e);
    RANVIER_CONTRACT(at < plane * channels && (e == 0 || at > place(e - 1)),
                     "places ascend and lie in the tensor");
    Neighbours& near = neighbours_[static_cast<size_t>(e)];
    near.channel = static_cast<uint32_t>(at / plane);
    if (at % row > 0 && e > 0 && place(e - 1) == at - 1) near.left = e - 1;
    while (above < e && place(above) < at - row) ++above;
    if (at % plane >= row && place(above) == at - row) near.up = above;
  }
}

struct SymbolStatistics::Counts {
  CodecSpec spec;
  int channels;
  int contexts;
  int height;
  int width;
  size_t entries;
  std::vector<int64_t> count;  // [channel][context][entry]

  std::span<const int64_t> row(size_t index) const {
    return std::span(count).subspan(index * entries, entries);
  }
  /// Entries of the rows first, first + stride, ... < end, added up.
  std::vector<int64_t> sum(size_t first, size_t end) const {
    std::vector<int64_t> total(entries);
    for (size_t r = first; r < end; ++r) {
      for (size_t i = 0; i < entries; ++i) total[i] += row(r)[i];
    }
    return total;
  }
};

SymbolStatistics::SymbolStatistics(const CodecSpec& spec, int channels, int height, int width)
    : counts_(std::make_unique<Counts>()) {
  RANVIER_CONTRACT(channels >= 1 && height >= 1 && width >= 1, "a boundary tensor is not empty");
  *counts_ = {spec,   channels, entropy_contexts(spec),
              height, width,    static_cast<size_t>(entropy_entries(spec)),
              {}};
  counts_->count.resize(static_cast<size_t>(channels) * static_cast<size_t>(counts_->contexts) *
                        counts_->entries);
}
SymbolStatistics::~SymbolStatistics() = default;
SymbolStatistics::SymbolStatistics(SymbolStatistics&&) noexcept = default;

void SymbolStatistics::add(const Frame& frame, std::span<const uint32_t> places) {
  Counts& c = *counts_;
  RANVIER_CONTRACT(frame.steps == c.spec.steps, "a frame has the steps of its codec");
  const SymbolContexts contexts(frame.elements, places, c.channels, c.height, c.width);
  const int16_t* symbol = frame.symbols.data();
  for (int step = 0; step < frame.steps; ++step) {
    for (int e = 0; e < frame.elements; ++e, ++symbol) {
      const size_t row = contexts.row(frame.symbols.data(), step, e, c.contexts);
      const auto entry = static_cast<size_t>(entry_of(*symbol, c.spec.is_signed));
      ++c.count[row * c.entries + std::min(entry, c.entries - 1)];
    }
  }
}

EntropyTables SymbolStatistics::tables() const {
  const Counts& c = *counts_;
  EntropyTables tables{c.height, c.width, c.contexts, {}};
  tables.frequency.resize(c.count.size());
  const auto contexts = static_cast<size_t>(c.contexts);
  const auto rows = static_cast<size_t>(c.channels) * contexts;
  const std::vector<double> even(c.entries, 1.0 / static_cast<double>(c.entries));
  const std::vector<double> all = blend(c.sum(0, rows), even);
  for (size_t channel = 0; channel < static_cast<size_t>(c.channels); ++channel) {
    const size_t first = channel * contexts;
    const std::vector<double> own = blend(c.sum(first, first + contexts), all);
    for (size_t r = first; r < first + contexts; ++r) {
      // Context 0 knows no neighbour: the statistics of the channel as a whole.
      const bool knows_nothing = r == first && c.contexts == kNeighbourContexts;
      quantise(knows_nothing ? own : blend(c.row(r), own),
               std::span(tables.frequency).subspan(r * c.entries, c.entries));
    }
  }
  return tables;
}

}  // namespace ranvier::codec
