// Codec names, and the ranges of everything a codec is made from.

#include "ranvier/codec/registry.hpp"
#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

namespace ranvier::codec {
namespace {

constexpr std::string_view kSignedWord = "signed";
constexpr int kTopkBits = 8;

std::string argument_text(const CodecEntry& entry, int argument) {
  if (entry.scale == 1) return fmt::to_string(argument);
  return fmt::format("{}", static_cast<double>(argument) / entry.scale);
}

/// The argument as written, times the scale; nothing unless that is a whole number.
std::optional<int> read_argument(std::string_view text, int scale) {
  const char* end = text.data() + text.size();
  int whole = 0;
  if (scale == 1) {
    const auto [stop, error] = std::from_chars(text.data(), end, whole);
    return error == std::errc{} && stop == end ? std::optional(whole) : std::nullopt;
  }
  double real = 0.0;
  const auto [stop, error] = std::from_chars(text.data(), end, real, std::chars_format::fixed);
  if (error != std::errc{} || stop != end || !(std::abs(real) < 1000.0)) return std::nullopt;
  const double scaled = real * scale;
  if (std::abs(scaled - std::round(scaled)) > 1e-6) return std::nullopt;
  return static_cast<int>(std::lround(scaled));
}

std::string allowed_forms() {
  std::string forms;
  for (const CodecEntry& entry : codec_table()) {
    forms += fmt::format("{}{}({}..{})", forms.empty() ? "" : ", ", entry.name,
                         argument_text(entry, entry.lowest), argument_text(entry, entry.highest));
  }
  return fmt::format("one of {}, each also as name(n,{})", forms, kSignedWord);
}

std::string without_blanks(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '\t') out += c;
  }
  return out;
}

/// name(n) or name(n,signed) taken apart; ranges are not looked at.
std::optional<CodecSpec> read_form(std::string_view text) {
  const size_t open = text.find('(');
  if (open == std::string_view::npos || text.back() != ')') return std::nullopt;
  std::string_view inside = text.substr(open + 1, text.size() - open - 2);
  CodecSpec spec;
  if (const size_t comma = inside.find(','); comma != std::string_view::npos) {
    if (inside.substr(comma + 1) != kSignedWord) return std::nullopt;
    spec.is_signed = true;
    inside = inside.substr(0, comma);
  }
  for (const CodecEntry& entry : codec_table()) {
    if (entry.name != text.substr(0, open)) continue;
    spec.kind = entry.kind;
    const std::optional<int> argument = read_argument(inside, entry.scale);
    if (!argument) return std::nullopt;
    spec.*entry.argument = *argument;
    if (entry.kind == CodecKind::kTopk) spec.bits = kTopkBits;
    return spec;
  }
  return std::nullopt;
}

bool argument_fits(const CodecSpec& spec) {
  const CodecEntry& entry = codec_entry(spec.kind);
  const int argument = spec.*entry.argument;
  return argument >= (spec.is_signed ? entry.lowest_signed : entry.lowest) &&
         argument <= entry.highest;
}

void require_range(std::string_view key, int64_t given, int64_t low, int64_t high) {
  if (given >= low && given <= high) return;
  throw core::UserError({fmt::format("codec.{}", key), fmt::format("{}", given),
                         fmt::format("{}..{}", low, high), "", ""});
}

void check_spec(const CodecSpec& spec) {
  const CodecEntry& entry = codec_entry(spec.kind);
  require_range(entry.argument_name, spec.*entry.argument,
                spec.is_signed ? entry.lowest_signed : entry.lowest, entry.highest);
  if (entry.argument != &CodecSpec::steps) require_range("steps", spec.steps, 1, 1);
  if (entry.argument != &CodecSpec::window) require_range("window", spec.window, 1, 1);
  if (spec.kind == CodecKind::kTopk) require_range("bits", spec.bits, kTopkBits, kTopkBits);
}

void check_channel(const CodecEntry& entry, const ChannelParams& channel, size_t index) {
  const auto key = [&](std::string_view name) {
    return fmt::format("channels[{}].{}", index, name);
  };
  if (entry.threshold_highest > 0) {
    require_range(key("threshold"), channel.threshold, entry.threshold_lowest,
                  entry.threshold_highest);
    if (channel.threshold % entry.threshold_multiple != 0) {
      throw core::UserError({"codec." + key("threshold"), fmt::format("{}", channel.threshold),
                             "an even number", "", "The encoder starts from half a threshold."});
    }
  }
  require_range(key("decode_multiplier"), channel.decode_multiplier, 0, 32767);
  require_range(key("leak_shift"), channel.leak_shift, 0, entry.leak_highest);
}

void check_entropy(const BoundaryParams& params, const EntropyTables& tables) {
  require_range("entropy.height", tables.height, 1, 65536);
  require_range("entropy.width", tables.width, 1, 65536);
  const int most = entropy_contexts(params.spec);
  if (tables.contexts != most) {
    require_range("entropy.contexts", tables.contexts, kNeighbourContexts, kNeighbourContexts);
  }
  const auto entries = static_cast<size_t>(entropy_entries(params.spec));
  const auto rows = params.channels.size() * static_cast<size_t>(tables.contexts);
  const auto due = static_cast<int64_t>(rows * entries);
  require_range("entropy.frequency", static_cast<int64_t>(tables.frequency.size()), due, due);
  for (size_t row = 0; row < rows; ++row) {
    int64_t sum = 0;
    for (size_t i = row * entries; i < (row + 1) * entries; ++i) {
      require_range("entropy.frequency", tables.frequency[i], 1, 1 << kEntropyBits);
      sum += tables.frequency[i];
    }
    require_range("entropy.frequency (sum of a row)", sum, 1 << kEntropyBits, 1 << kEntropyBits);
  }
}

/// Thresholds of levels 2.. ascend from 1 on; values are those of levels 1..T.
void check_levels(const BoundaryParams& params) {
  const int window = params.spec.kind == CodecKind::kTtfs ? params.spec.window : 0;
  const auto& table = params.levels;
  const auto length = [&](std::string_view key, size_t size, int due) {
    require_range(key, static_cast<int64_t>(size), due, due);
  };
  length("levels.threshold", table.threshold.size(), std::max(window - 1, 0));
  length("levels.value", table.value.size(), window);
  int64_t least = 1;
  for (const int16_t threshold : table.threshold) {
    require_range("levels.threshold", threshold, least, 32767);
    least = threshold;
  }
  for (const int16_t value : table.value) require_range("levels.value", value, 0, 32767);
}

void check_params(const BoundaryParams& params) {
  check_spec(params.spec);
  require_range("current_frac_bits", params.current_frac_bits, 0, 15);
  require_range("decode_shift", params.decode_shift, 0, 30);
  require_range("value_frac_bits", params.value_frac_bits, 0, 30);
  require_range("channels", static_cast<int64_t>(params.channels.size()), 1, 65536);
  const CodecEntry& entry = codec_entry(params.spec.kind);
  for (size_t c = 0; c < params.channels.size(); ++c) check_channel(entry, params.channels[c], c);
  check_levels(params);
  if (params.entropy) check_entropy(params, *params.entropy);
}

}  // namespace

std::string to_string(const CodecSpec& spec) {
  const CodecEntry& entry = codec_entry(spec.kind);
  return fmt::format("{}({}{})", entry.name, argument_text(entry, spec.*entry.argument),
                     spec.is_signed ? ",signed" : "");
}

CodecSpec parse_codec(std::string_view text, std::string_view key) {
  const std::optional<CodecSpec> spec = read_form(without_blanks(text));
  if (!spec || !argument_fits(*spec)) {
    throw core::UserError({std::string(key), std::string(text), allowed_forms(), "", ""});
  }
  return *spec;
}

std::unique_ptr<Codec> make_codec(const BoundaryParams& params) {
  check_params(params);
  return codec_entry(params.spec.kind).make(params);
}

}  // namespace ranvier::codec
