#include "ranvier/sim/remote_error.hpp"

#include "ranvier/core/error.hpp"

#include <string>
#include <utility>

namespace ranvier::sim {
namespace {

enum class ErrorKind : uint8_t { kUser, kRun, kInterrupted, kDefect };

Bytes packed(ErrorKind kind, const std::string& text) {
  Bytes bytes;
  Writer out(bytes);
  out.put(kind);
  out.put_text(text);
  return bytes;
}

}  // namespace

Bytes pack_error(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const core::UserError& user) {
    const core::Refusal& refusal = user.refusal();
    Bytes bytes = packed(ErrorKind::kUser, refusal.key);
    Writer out(bytes);
    for (const auto& text : {refusal.given, refusal.allowed, refusal.place, refusal.hint}) {
      out.put_text(text);
    }
    return bytes;
  } catch (const core::Interrupted& interrupted) {
    return packed(ErrorKind::kInterrupted, interrupted.what());
  } catch (const core::ContractViolation& defect) {
    return packed(ErrorKind::kDefect, defect.what());
  } catch (const std::exception& other) {
    return packed(ErrorKind::kRun, other.what());
  }
}

void throw_packed(std::span<const std::byte> packed) {
  Reader in(packed);
  const auto kind = in.get<ErrorKind>();
  std::string text = in.get_text();
  switch (kind) {
    case ErrorKind::kUser: {
      core::Refusal refusal{.key = text, .given = {}, .allowed = {}, .place = {}, .hint = {}};
      for (std::string* part : {&refusal.given, &refusal.allowed, &refusal.place, &refusal.hint}) {
        *part = in.get_text();
      }
      throw core::UserError(std::move(refusal));
    }
    case ErrorKind::kInterrupted:
      throw core::Interrupted(text);
    case ErrorKind::kDefect:
      throw core::ContractViolation(text);
    case ErrorKind::kRun:
      break;
  }
  throw core::RunError(text);
}

}  // namespace ranvier::sim
