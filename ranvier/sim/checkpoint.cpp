#include "ranvier/sim/checkpoint.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <cstring>

namespace ranvier::sim {
namespace {

constexpr std::string_view kMagic = "ranvier simulation state 1\n";

/// What stands between the magic and the state.
struct Header {
  uint64_t identity = 0;
  uint64_t bytes = 0;  // of the state
  uint64_t hash = 0;   // of the state
};

[[noreturn]] void refuse(const Checkpointing& checkpointing, std::string given, std::string allowed,
                         std::string hint) {
  throw core::UserError({.key = "--resume",
                         .given = std::move(given),
                         .allowed = std::move(allowed),
                         .place = checkpointing.file.string(),
                         .hint = std::move(hint)});
}

}  // namespace

void write_state(const Checkpointing& checkpointing, std::string_view state) {
  const Header header{checkpointing.identity, state.size(), core::content_hash(state)};
  std::string content(kMagic);
  content.append(reinterpret_cast<const char*>(&header), sizeof header);
  content.append(state);
  core::write_file_atomic(checkpointing.file, content);
}

std::optional<std::string> read_state(const Checkpointing& checkpointing) {
  if (!checkpointing.resume || !std::filesystem::exists(checkpointing.file)) return std::nullopt;
  std::string content = core::read_file(checkpointing.file, "--resume");
  const std::string remedy = "Remove it, or leave --resume out to start anew.";
  Header header;
  if (!content.starts_with(kMagic) || content.size() < kMagic.size() + sizeof header) {
    refuse(checkpointing, "something else", "a checkpoint of a simulation", remedy);
  }
  std::memcpy(&header, content.data() + kMagic.size(), sizeof header);
  content.erase(0, kMagic.size() + sizeof header);
  if (content.size() != header.bytes || core::content_hash(content) != header.hash) {
    refuse(checkpointing, "a damaged checkpoint", "a whole one", remedy);
  }
  if (header.identity != checkpointing.identity) {
    refuse(checkpointing, "a checkpoint of another simulation",
           "one of the same bundle, hardware, options and program", remedy);
  }
  return content;
}

}  // namespace ranvier::sim
