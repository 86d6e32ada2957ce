#include "ranvier/train/safetensors.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace ranvier::train {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little,
              "tensor data is written as it lies in memory");

struct DTypeInfo {
  DType dtype;
  std::string_view name;
  int64_t size;
};
constexpr std::array<DTypeInfo, 5> kDTypes{{{DType::kF32, "F32", 4},
                                            {DType::kI64, "I64", 8},
                                            {DType::kI32, "I32", 4},
                                            {DType::kI16, "I16", 2},
                                            {DType::kU8, "U8", 1}}};

constexpr size_t kPrefix = 8;  // bytes of the header size
constexpr std::string_view kMetadata = "__metadata__";

[[noreturn]] void refuse(const fs::path& path, const std::string& given) {
  throw core::UserError({.key = "weights.safetensors",
                         .given = given,
                         .allowed = "a whole safetensors file",
                         .place = path.string(),
                         .hint = "The file is damaged; train again."});
}

const DTypeInfo* by_name(const std::string& name) {
  for (const auto& info : kDTypes) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

/// Bytes that a tensor of this shape takes; none when they do not fit 63 bits or an extent is
/// negative.
std::optional<int64_t> bytes_of(const DTypeInfo& info, const std::vector<int64_t>& shape) {
  int64_t bytes = info.size;
  for (const int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(bytes, extent, &bytes)) return std::nullopt;
  }
  return bytes;
}

/// A list of whole numbers that are not negative. Errors: nlohmann's, as for any field of another
/// type.
std::vector<int64_t> whole_numbers(const Json& list) {
  std::vector<int64_t> numbers;
  for (const Json& number : list.get_ref<const Json::array_t&>()) {
    numbers.push_back(static_cast<int64_t>(number.get_ref<const Json::number_unsigned_t&>()));
  }
  return numbers;
}

/// A tensor as the header describes it.
struct Entry {
  std::string name;
  const DTypeInfo* info = nullptr;
  std::vector<int64_t> shape;
  int64_t begin = 0;  // [byte] of the data
  int64_t end = 0;
};

Entry read_entry(const std::string& name, const Json& node, const fs::path& path) {
  Entry entry;
  entry.name = name;
  if (node.size() != 3) refuse(path, "other fields of '" + name + "' than the three known");
  entry.info = by_name(node.at("dtype").get_ref<const std::string&>());
  if (entry.info == nullptr) refuse(path, "an unknown dtype of '" + name + "'");
  entry.shape = whole_numbers(node.at("shape"));
  const auto offsets = whole_numbers(node.at("data_offsets"));
  if (offsets.size() != 2) refuse(path, "data offsets of '" + name + "' that are not two");
  entry.begin = offsets[0];
  entry.end = offsets[1];
  return entry;
}

/// The tensors in the order of their data, which must fill the file without gap or overlap.
std::vector<Entry> read_entries(const Json& header, int64_t data_bytes, const fs::path& path) {
  std::vector<Entry> entries;
  for (const auto& [name, node] : header.items()) {
    if (name != kMetadata) entries.push_back(read_entry(name, node, path));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  int64_t next = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != next || entry.end < entry.begin || entry.end > data_bytes) {
      refuse(path,
             "data offsets of '" + entry.name + "' that overlap, leave gaps or leave the file");
    }
    if (bytes_of(*entry.info, entry.shape) != entry.end - entry.begin) {
      refuse(path, "a size of '" + entry.name + "' that differs from its shape");
    }
    next = entry.end;
  }
  if (next != data_bytes) refuse(path, "data that no tensor owns");
  return entries;
}

/// The header as JSON. A name that stands twice is refused: readers would differ in which one they
/// take.
Json parse_header(std::string_view text, const fs::path& path) {
  std::vector<std::set<std::string>> open;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key &&
        !open.back().insert(parsed.get<std::string>()).second) {
      refuse(path, "'" + parsed.get<std::string>() + "' twice in its header");
    }
    return true;
  };
  Json header = Json::parse(text, watch, false);
  if (!header.is_object()) refuse(path, "a header that is no JSON object");
  return header;
}

/// Wide elements first, then by name: every tensor's data is aligned to its element.
std::vector<Tensors::const_iterator> file_order(const Tensors& tensors) {
  std::vector<Tensors::const_iterator> order;
  for (auto it = tensors.begin(); it != tensors.end(); ++it) order.push_back(it);
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return size_of(a->second.dtype) > size_of(b->second.dtype);
  });
  return order;
}

}  // namespace

int64_t size_of(DType dtype) { return kDTypes[static_cast<size_t>(dtype)].size; }

void write_safetensors(const fs::path& path, const Tensors& tensors) {
  const auto order = file_order(tensors);
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  int64_t offset = 0;
  for (const auto& it : order) {
    const auto& [name, tensor] = *it;
    const DTypeInfo& info = kDTypes[static_cast<size_t>(tensor.dtype)];
    const auto bytes = static_cast<int64_t>(tensor.bytes.size());
    RANVIER_CONTRACT(bytes_of(info, tensor.shape) == bytes, "a tensor's bytes match its shape");
    RANVIER_CONTRACT(name != kMetadata, "no tensor takes the name of the metadata");
    header[name] = {
        {"dtype", info.name}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = header.dump();
  text.append((kPrefix - text.size() % kPrefix) % kPrefix, ' ');
  const uint64_t size = text.size();
  std::string content(kPrefix, '\0');
  std::memcpy(content.data(), &size, kPrefix);
  content += text;
  for (const auto& it : order) content.append(it->second.bytes.begin(), it->second.bytes.end());
  core::write_file_atomic(path, content);
}

Tensors read_safetensors(const fs::path& path) {
  const std::string content = core::read_file(path, "weights.safetensors");
  if (content.size() < kPrefix) refuse(path, std::to_string(content.size()) + " bytes");
  uint64_t size = 0;
  std::memcpy(&size, content.data(), kPrefix);
  if (size > content.size() - kPrefix) refuse(path, "a header longer than the file");
  const std::string_view data = std::string_view(content).substr(kPrefix + size);
  try {
    const Json header = parse_header(std::string_view(content).substr(kPrefix, size), path);
    Tensors tensors;
    for (Entry& entry : read_entries(header, static_cast<int64_t>(data.size()), path)) {
      Tensor& tensor = tensors[entry.name];
      tensor.dtype = entry.info->dtype;
      tensor.shape = std::move(entry.shape);
      tensor.bytes.assign(data.begin() + entry.begin, data.begin() + entry.end);
    }
    return tensors;
  } catch (const Json::exception&) {
    refuse(path, "a header with missing or wrong fields");
  }
}

}  // namespace ranvier::train
