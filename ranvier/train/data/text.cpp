// Texts from files, and their windows.

#include "ranvier/train/data/text.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/quantity.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/train/data/loaders.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace ranvier::train {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kWindowStream = 11;

using Bytes = std::vector<uint8_t>;

[[noreturn]] void refuse(std::string_view key, const fs::path& path, const std::string& place,
                         const std::string& fault, std::string allowed, std::string hint) {
  throw core::UserError({.key = std::string(key),
                         .given = "'" + path.string() + "'" + fault,
                         .allowed = std::move(allowed),
                         .place = place,
                         .hint = std::move(hint)});
}

Bytes read_text(const fs::path& path, std::string_view key, const std::string& place) {
  if (path.empty() || !fs::is_regular_file(path)) {
    const bool is_directory = fs::is_directory(path);
    refuse(key, path, place, is_directory ? ", a directory" : "", "a file, any bytes",
           is_directory ? "Name the file in it."
                        : "No such file. enwik8: https://mattmahoney.net/dc/text.html");
  }
  return read_head(path, static_cast<int64_t>(fs::file_size(path))).bytes;
}

/// The first windows, or all; `key` is the limit's.
void limit_windows(Bytes& bytes, int context, std::optional<int64_t> limit, std::string_view key) {
  const int64_t windows =
      limited(limit, windows_of(static_cast<int64_t>(bytes.size()), context), key);
  if (limit) bytes.resize(static_cast<size_t>(windows * context + 1));
}

void require_window(const Bytes& bytes, int context, const fs::path& path, std::string_view key,
                    const std::string& place) {
  if (windows_of(static_cast<int64_t>(bytes.size()), context) >= 1) return;
  refuse(key, path, place, " with " + std::to_string(bytes.size()) + " bytes for this half",
         "at least network.context + 1 = " + std::to_string(context + 1) + " bytes",
         bytes.empty() ? "The file is empty." : "Take a longer text or a smaller network.context.");
}

}  // namespace

int64_t windows_of(int64_t bytes, int context) {
  return bytes < 1 ? 0 : (bytes - 1) / int64_t{context};
}

Data load_text(const DataSpec& spec) {
  Data data;
  data.text.context = spec.context;
  data.text.train = read_text(spec.path, "data.path", spec.place);
  const bool has_test = !spec.test_path.empty();
  if (has_test) {
    data.text.test = read_text(spec.test_path, "data.test_path", spec.place);
  } else {
    const auto size = static_cast<double>(data.text.train.size());
    const auto kept = static_cast<int64_t>(size * (1.0 - spec.test_fraction));
    data.text.test.assign(data.text.train.begin() + kept, data.text.train.end());
    data.text.train.resize(static_cast<size_t>(kept));
  }
  const std::string_view test_key = has_test ? "data.test_path" : "data.path";
  require_window(data.text.train, spec.context, spec.path, "data.path", spec.place);
  require_window(data.text.test, spec.context, has_test ? spec.test_path : spec.path, test_key,
                 spec.place);
  limit_windows(data.text.train, spec.context, spec.train_samples, "data.train_samples");
  limit_windows(data.text.test, spec.context, spec.test_samples, "data.test_samples");
  return data;
}

WindowLoader::WindowLoader(std::span<const uint8_t> text, int context, const WindowOptions& options)
    : text_(text),
      context_(context),
      options_(options),
      windows_(windows_of(static_cast<int64_t>(text.size()), context)) {
  RANVIER_CONTRACT(windows_ >= 1, "a text holds a window");
  if (options.batch_size >= 1 && batches_per_epoch() >= 1) return;
  throw core::UserError({.key = "train.batch",
                         .given = std::to_string(options.batch_size),
                         .allowed = "1.." + std::to_string(windows_),
                         .place = {},
                         .hint = "A batch cannot hold more windows than the text has."});
}

int64_t WindowLoader::batches_per_epoch() const {
  return options_.random ? windows_ / options_.batch_size
                         : core::ceil_div(windows_, options_.batch_size);
}

void WindowLoader::start(int64_t epoch, int64_t batch) {
  RANVIER_CONTRACT(epoch >= 0 && batch >= 0 && batch <= batches_per_epoch(),
                   "a stream starts within an epoch");
  ticket_ = epoch * batches_per_epoch() + batch;
}

int64_t WindowLoader::window_start(int64_t epoch, int64_t index) const {
  if (!options_.random) return index * context_;
  const auto places = static_cast<uint64_t>(text_.size()) - static_cast<uint64_t>(context_);
  auto rng = core::Rng(options_.seed)
                 .fork(kWindowStream)
                 .fork(static_cast<uint64_t>(epoch))
                 .fork(static_cast<uint64_t>(index));
  return static_cast<int64_t>(rng.below(places));
}

BatchPosition WindowLoader::next(std::span<int64_t> bytes, std::span<int64_t> following) {
  const auto floor = static_cast<size_t>(options_.batch_size * context_);
  RANVIER_CONTRACT(bytes.size() >= floor && following.size() >= floor,
                   "the buffers hold a whole batch");
  BatchPosition position{
      .epoch = ticket_ / batches_per_epoch(), .batch = ticket_ % batches_per_epoch(), .size = 0};
  const int64_t first = position.batch * options_.batch_size;
  position.size = std::min(options_.batch_size, windows_ - first);
  for (int64_t i = 0; i < position.size; ++i) {
    const auto* from = text_.data() + window_start(position.epoch, first + i);
    std::copy_n(from, context_, bytes.begin() + i * context_);
    std::copy_n(from + 1, context_, following.begin() + i * context_);
  }
  ++ticket_;
  return position;
}

}  // namespace ranvier::train
