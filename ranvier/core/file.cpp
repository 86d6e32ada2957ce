#include "ranvier/core/file.hpp"

#include "ranvier/core/error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace ranvier::core {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& path, const char* doing, int code) {
  throw RunError("[" + path.string() + "] " + doing + " failed: " + std::strerror(code) +
                 ". Nothing half-written was left behind; free space or fix permissions and rerun "
                 "with --resume.");
}

void write_all(int descriptor, std::string_view content, const fs::path& path) {
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = ::write(descriptor, content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int code = errno;
      ::close(descriptor);
      fail(path, "writing", code);
    }
    done += static_cast<size_t>(n);
  }
}

void sync(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(path, "opening", errno);
  const int status = ::fsync(descriptor);
  const int code = errno;
  ::close(descriptor);
  if (status != 0) fail(path, "flushing", code);
}

}  // namespace

void write_atomic(const fs::path& path, const std::function<void(const fs::path&)>& write) {
  fs::path temporary = path;
  temporary += ".part";
  std::error_code ignored;
  try {
    write(temporary);
    sync(temporary);
  } catch (...) {
    fs::remove(temporary, ignored);
    throw;
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    const int code = errno;
    fs::remove(temporary, ignored);
    fail(path, "renaming", code);
  }
}

void write_file_atomic(const fs::path& path, std::string_view content) {
  write_atomic(path, [&](const fs::path& temporary) {
    const int descriptor =
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor < 0) fail(path, "creating", errno);
    write_all(descriptor, content, path);
    if (::close(descriptor) != 0) fail(path, "closing", errno);
  });
}

std::string read_file(const fs::path& path, std::string_view key) {
  std::ifstream in(path, std::ios::binary);
  if (!in || fs::is_directory(path)) {
    throw UserError({.key = std::string(key),
                     .given = "'" + path.string() + "'",
                     .allowed = "a readable file",
                     .place = {},
                     .hint = fs::exists(path) ? "It exists but cannot be read."
                                              : "No such file; check the spelling."});
  }
  std::ostringstream content;
  content << in.rdbuf();
  return std::move(content).str();
}

void require_writable_directory(const fs::path& directory, std::string_view key) {
  std::error_code code;
  fs::create_directories(directory, code);
  const fs::path probe = directory / ".ranvier-probe";
  const bool writable = !code && std::ofstream(probe).put('x').flush().good();
  std::error_code ignored;
  fs::remove(probe, ignored);
  if (writable) return;
  throw UserError({.key = std::string(key),
                   .given = "'" + directory.string() + "'",
                   .allowed = "a directory that can be written",
                   .place = {},
                   .hint = code ? code.message() + "." : "Permission denied or disk full."});
}

uint64_t content_hash(std::string_view content, uint64_t hash) {
  for (const char c : content) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash;
}

}  // namespace ranvier::core
