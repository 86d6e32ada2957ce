#include "ranvier/sweep/letters.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sim/remote_error.hpp"

namespace ranvier::sweep {
namespace {

using sim::Reader;
using sim::Writer;

constexpr size_t kRoom = 512;  // bytes, for most letters enough

/// A letter under way.
struct Draft {
  Letter letter;
  Writer out{letter};
  explicit Draft(LetterKind kind) {
    letter.reserve(kRoom);
    out.put(kind);
  }
};

Reader opened(const Letter& letter, LetterKind kind) {
  Reader in(letter);
  RANVIER_CONTRACT(in.get<LetterKind>() == kind, "a letter is of the kind it is read as");
  return in;
}

void put_texts(Writer& out, const std::vector<std::string>& texts) {
  out.put(static_cast<int64_t>(texts.size()));
  for (const auto& text : texts) out.put_text(text);
}

std::vector<std::string> get_texts(Reader& in) {
  std::vector<std::string> texts(in.get_count(sizeof(int64_t)));
  for (auto& text : texts) text = in.get_text();
  return texts;
}

void put(Writer& out, const Address& at) {
  put_texts(out, at.settings);
  out.put_text(at.lane_rate);
  out.put(at.preset);
  out.put(at.variant);
  out.put(at.fidelity);
}

Address get_address(Reader& in) {
  Address at;
  at.settings = get_texts(in);
  at.lane_rate = in.get_text();
  at.preset = in.get<size_t>();
  at.variant = in.get<size_t>();
  at.fidelity = in.get<Fidelity>();
  return at;
}

void put(Writer& out, const Measurement& m) {
  out.put(m.latency_s);
  out.put(m.latency_analytic_s);
  out.put(m.congested);
  out.put(m.samples);
  out.put(m.ledger);
  out.put(m.bits_per_activation);
  out.put_text(m.wire);
  out.put(m.chips);
  out.put(m.cores);
}

Measurement get_measurement(Reader& in) {
  Measurement m;
  m.latency_s = in.get<double>();
  m.latency_analytic_s = in.get<double>();
  m.congested = in.get<bool>();
  m.samples = in.get<int>();
  m.ledger = in.get<core::Ledger>();
  m.bits_per_activation = in.get<double>();
  m.wire = in.get_text();
  m.chips = in.get<int>();
  m.cores = in.get<int>();
  return m;
}

}  // namespace

LetterKind kind_of(const Letter& letter) { return Reader(letter).get<LetterKind>(); }

Letter pack(const Hello& hello) {
  Draft draft(LetterKind::kHello);
  draft.out.put(hello.threads);
  return draft.letter;
}

Hello hello_from(const Letter& letter) {
  Reader in = opened(letter, LetterKind::kHello);
  return {.threads = in.get<int>()};
}

Letter pack(const SourceLetter& source) {
  Draft draft(LetterKind::kSource);
  draft.out.put_text(source.hash);
  draft.out.put_text(source.run.string());
  put_texts(draft.out, source.variants);
  return draft.letter;
}

SourceLetter source_from(const Letter& letter) {
  Reader in = opened(letter, LetterKind::kSource);
  SourceLetter source;
  source.hash = in.get_text();
  source.run = in.get_text();
  source.variants = get_texts(in);
  return source;
}

Letter pack(const TrialLetter& trial) {
  Draft draft(LetterKind::kTrial);
  draft.out.put(trial.thread);
  draft.out.put(trial.simulation);
  put(draft.out, trial.at);
  draft.out.put_text(trial.hash);
  return draft.letter;
}

TrialLetter trial_from(const Letter& letter) {
  Reader in = opened(letter, LetterKind::kTrial);
  TrialLetter trial;
  trial.thread = in.get<size_t>();
  trial.simulation = in.get<size_t>();
  trial.at = get_address(in);
  trial.hash = in.get_text();
  return trial;
}

Letter pack(const ResultLetter& result) {
  Draft draft(LetterKind::kResult);
  draft.out.put(result.thread);
  draft.out.put(result.simulation);
  draft.out.put(result.busy_s);
  draft.out.put(result.record.state);
  draft.out.put_text(result.record.message);
  draft.out.put(result.record.seconds);
  draft.out.put(result.record.measured.has_value());
  if (result.record.measured) put(draft.out, *result.record.measured);
  return draft.letter;
}

ResultLetter result_from(const Letter& letter) {
  Reader in = opened(letter, LetterKind::kResult);
  ResultLetter result;
  result.thread = in.get<size_t>();
  result.simulation = in.get<size_t>();
  result.busy_s = in.get<double>();
  result.record.state = in.get<State>();
  result.record.message = in.get_text();
  result.record.seconds = in.get<double>();
  if (in.get<bool>()) result.record.measured = get_measurement(in);
  return result;
}

Letter pack(const Trouble& trouble) {
  Draft draft(LetterKind::kTrouble);
  draft.out.put_text(trouble.text);
  return draft.letter;
}

Trouble trouble_from(const Letter& letter) {
  Reader in = opened(letter, LetterKind::kTrouble);
  return {.text = in.get_text()};
}

Letter pack(const End& end) {
  Draft draft(LetterKind::kEnd);
  const sim::Bytes error = end.error ? sim::pack_error(end.error) : sim::Bytes{};
  draft.out.put_all(std::span<const std::byte>(error));
  return draft.letter;
}

End end_from(const Letter& letter) {
  Reader in = opened(letter, LetterKind::kEnd);
  const auto error = in.get_all<std::byte>();
  if (error.empty()) return {};
  try {
    sim::throw_packed(error);
  } catch (...) {
    return {.error = std::current_exception()};
  }
}

Letter pack(const Bye&) { return Draft(LetterKind::kBye).letter; }

}  // namespace ranvier::sweep
