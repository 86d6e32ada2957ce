#pragma once
// Files that are either whole or absent: written beside their place, flushed, then renamed.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace ranvier::core {

/// Replaces `path` by `content` in one step. Errors: RunError naming path and cause (full disk, no
/// permission).
void write_file_atomic(const std::filesystem::path& path, std::string_view content);

/// Lets `write` produce `path` under a temporary name, then renames it. A throw leaves no file
/// behind.
void write_atomic(const std::filesystem::path& path,
                  const std::function<void(const std::filesystem::path& temporary)>& write);

/// Whole content. Errors: UserError (key = `key`) when it cannot be read.
std::string read_file(const std::filesystem::path& path, std::string_view key);

/// Makes `directory` and proves that files can be written there. Errors: UserError (key = `key`).
void require_writable_directory(const std::filesystem::path& directory, std::string_view key);

/// 64-bit FNV-1a, continued from the `hash` of what came before: names content in provenance and
/// cache keys; not cryptographic.
uint64_t content_hash(std::string_view content, uint64_t hash = 0xCBF29CE484222325ULL);

}  // namespace ranvier::core
