// Codec names, and the ranges of everything a codec is made from.

#include "ranvier/codec/registry.hpp"
#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace ranvier::codec {
namespace {

constexpr std::string_view kSignedWord = "signed";

std::string allowed_forms() {
  std::string forms;
  for (const CodecEntry& entry : codec_table()) {
    forms += fmt::format("{}{}({}..{})", forms.empty() ? "" : ", ", entry.name, entry.lowest,
                         entry.highest);
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
    int& argument = spec.*entry.argument;
    const char* end = inside.data() + inside.size();
    const auto [stop, error] = std::from_chars(inside.data(), end, argument);
    if (error != std::errc{} || stop != end) return std::nullopt;
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

void check_params(const BoundaryParams& params) {
  check_spec(params.spec);
  require_range("current_frac_bits", params.current_frac_bits, 0, 15);
  require_range("decode_shift", params.decode_shift, 0, 30);
  require_range("value_frac_bits", params.value_frac_bits, 0, 30);
  require_range("channels", static_cast<int64_t>(params.channels.size()), 1, 65536);
  const CodecEntry& entry = codec_entry(params.spec.kind);
  for (size_t c = 0; c < params.channels.size(); ++c) check_channel(entry, params.channels[c], c);
}

}  // namespace

std::string to_string(const CodecSpec& spec) {
  const CodecEntry& entry = codec_entry(spec.kind);
  return fmt::format("{}({}{})", entry.name, spec.*entry.argument, spec.is_signed ? ",signed" : "");
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
