#include "ranvier/hdf5/file.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <mutex>
#include <utility>

namespace ranvier::hdf5 {
namespace fs = std::filesystem;
namespace {

constexpr size_t kChunkBytes = size_t{1} << 18;
constexpr unsigned kDeflateLevel = 3;
constexpr int64_t kMostValues = int64_t{1} << 34;  // more means a damaged header

/// An HDF5 identifier that is closed with its scope.
class Handle {
 public:
  Handle(hid_t id, herr_t (*closer)(hid_t)) : id_(id), close_(closer) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&&) = delete;
  ~Handle() { close(); }
  operator hid_t() const { return id_; }
  bool valid() const { return id_ >= 0; }
  bool close() { return id_ < 0 || close_(std::exchange(id_, -1)) >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// Holds the library for this thread and stops it from printing, for good: after a damaged file it
/// would also print when the process ends.
class Session {
 public:
  Session() : lock_(mutex()) { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

 private:
  /// The library's state belongs to the process, so its lock does too.
  static std::mutex& mutex() {
    static std::mutex of_library;
    return of_library;
  }
  std::lock_guard<std::mutex> lock_;
};

/// The innermost message of HDF5's error stack.
std::string cause() {
  std::string text;
  const auto first = [](unsigned depth, const H5E_error2_t* error, void* out) -> herr_t {
    if (depth == 0 && error->desc != nullptr) *static_cast<std::string*>(out) = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first, &text);
  return text.empty() ? "no cause given" : text;
}

hid_t type_of(Element element) {
  switch (element) {
    case Element::kInt8:
      return H5T_NATIVE_INT8;
    case Element::kInt16:
      return H5T_NATIVE_INT16;
    case Element::kInt32:
      return H5T_NATIVE_INT32;
    case Element::kInt64:
      return H5T_NATIVE_INT64;
    case Element::kUint8:
      return H5T_NATIVE_UINT8;
  }
  return -1;
}

hid_t stored_type_of(Element element) {
  switch (element) {
    case Element::kInt8:
      return H5T_STD_I8LE;
    case Element::kInt16:
      return H5T_STD_I16LE;
    case Element::kInt32:
      return H5T_STD_I32LE;
    case Element::kInt64:
      return H5T_STD_I64LE;
    case Element::kUint8:
      return H5T_STD_U8LE;
  }
  return -1;
}

}  // namespace

class Writer::File {
 public:
  explicit File(const fs::path& path) : path_(path), access_(H5Pcreate(H5P_FILE_ACCESS), H5Pclose) {
    // The 1.10 format checksums its own structures, so that damage is found, not followed.
    H5Pset_libver_bounds(access_, H5F_LIBVER_V110, H5F_LIBVER_V110);
    const Handle creation = timeless(H5P_FILE_CREATE);  // of the root group
    file_ = std::make_unique<Handle>(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, access_),
                                     H5Fclose);
    require(file_->valid(), "creating");
  }

  hid_t id() const { return *file_; }

  void close() { require(file_->close(), "closing"); }

  void require(bool done, std::string_view doing) const {
    if (done) return;
    throw core::RunError(fmt::format("[{}] {} failed: {}. Nothing half-written was left behind.",
                                     path_.string(), doing, cause()));
  }

  /// Properties of a new file, group or dataset without time stamps.
  Handle timeless(hid_t kind) const {
    Handle properties(H5Pcreate(kind), H5Pclose);
    require(properties.valid() && H5Pset_obj_track_times(properties, false) >= 0, "preparing");
    return properties;
  }

 private:
  fs::path path_;
  Session session_;
  Handle access_;
  std::unique_ptr<Handle> file_;
};

Writer::Writer(const fs::path& path) : file_(std::make_unique<File>(path)) {}
Writer::~Writer() = default;

void Writer::attribute(const std::string& name, int64_t value) {
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle attribute(
      H5Acreate2(file_->id(), name.c_str(), H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose);
  file_->require(attribute.valid() && H5Awrite(attribute, H5T_NATIVE_INT64, &value) >= 0,
                 "writing attribute " + name);
}

void Writer::attribute(const std::string& name, const std::string& value) {
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, std::max<size_t>(value.size(), 1));
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  H5Tset_cset(type, H5T_CSET_UTF8);
  const Handle attribute(
      H5Acreate2(file_->id(), name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  file_->require(attribute.valid() && H5Awrite(attribute, type, value.c_str()) >= 0,
                 "writing attribute " + name);
}

void Writer::group(const std::string& path) {
  const Handle properties = file_->timeless(H5P_GROUP_CREATE);
  const Handle group(H5Gcreate2(file_->id(), path.c_str(), H5P_DEFAULT, properties, H5P_DEFAULT),
                     H5Gclose);
  file_->require(group.valid(), "creating group " + path);
}

void Writer::write(const std::string& path, std::span<const int64_t> dims, Element element,
                   const void* values, size_t count) {
  const std::vector<hsize_t> extent(dims.begin(), dims.end());
  size_t expected = 1;
  for (const hsize_t dim : extent) expected *= dim;
  RANVIER_CONTRACT(expected == count && count > 0, "a dataset holds a value for every place");
  const size_t value_bytes = H5Tget_size(type_of(element));
  const size_t row_bytes = count / extent[0] * value_bytes;
  std::vector<hsize_t> chunk = extent;
  chunk[0] = std::clamp<hsize_t>(kChunkBytes / row_bytes, 1, extent[0]);
  const Handle properties = file_->timeless(H5P_DATASET_CREATE);
  const int rank = static_cast<int>(extent.size());
  const bool prepared = H5Pset_chunk(properties, rank, chunk.data()) >= 0 &&
                        (value_bytes == 1 || H5Pset_shuffle(properties) >= 0) &&
                        H5Pset_deflate(properties, kDeflateLevel) >= 0 &&
                        H5Pset_fletcher32(properties) >= 0;
  file_->require(prepared, "preparing " + path);
  const Handle space(H5Screate_simple(rank, extent.data(), nullptr), H5Sclose);
  Handle dataset(H5Dcreate2(file_->id(), path.c_str(), stored_type_of(element), space, H5P_DEFAULT,
                            properties, H5P_DEFAULT),
                 H5Dclose);
  const bool written =
      dataset.valid() &&
      H5Dwrite(dataset, type_of(element), H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0 &&
      dataset.close();
  file_->require(written, "writing " + path);
}

void Writer::close() {
  file_->close();
  file_.reset();
}

class Reader::File {
 public:
  explicit File(const fs::path& name)
      : path(name), id(H5Fopen(name.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose) {}

  const fs::path path;
  const Session session;
  const Handle id;
};

Reader::Reader(const fs::path& path, Subject subject) : subject_(std::move(subject)) {
  if (!fs::is_regular_file(path)) {
    throw core::UserError({.key = subject_.key,
                           .given = "'" + path.string() + "'",
                           .allowed = "an HDF5 file of " + subject_.content,
                           .place = {},
                           .hint = "No such file; " + subject_.writer + " writes it."});
  }
  file_ = std::make_unique<File>(path);
  if (!file_->id.valid()) {
    refuse("", "a file that HDF5 cannot open (" + cause() + ")", "a whole HDF5 file",
           "It may be truncated; write it again with " + subject_.writer + ".");
  }
}

Reader::~Reader() = default;

void Reader::refuse(const std::string& inside, std::string given, std::string allowed,
                    std::string hint) const {
  throw core::UserError({.key = subject_.key + inside,
                         .given = std::move(given),
                         .allowed = std::move(allowed),
                         .place = file_->path.string(),
                         .hint = std::move(hint)});
}

int64_t Reader::integer_attribute(const std::string& name) const {
  const Handle attribute(H5Aopen(file_->id, name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!attribute.valid()) refuse("@" + name, "nothing", "a whole number");
  const Handle type(H5Aget_type(attribute), H5Tclose);
  const Handle space(H5Aget_space(attribute), H5Sclose);
  int64_t value = 0;
  if (H5Tget_class(type) != H5T_INTEGER || H5Sget_simple_extent_npoints(space) != 1 ||
      H5Aread(attribute, H5T_NATIVE_INT64, &value) < 0) {
    refuse("@" + name, "another type", "a whole number");
  }
  return value;
}

std::string Reader::text_attribute(const std::string& name) const {
  const Handle attribute(H5Aopen(file_->id, name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!attribute.valid()) refuse("@" + name, "nothing", "a text");
  const Handle type(H5Aget_type(attribute), H5Tclose);
  const Handle space(H5Aget_space(attribute), H5Sclose);
  const bool fixed_text = H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 &&
                          H5Sget_simple_extent_npoints(space) == 1;
  std::string value(fixed_text ? H5Tget_size(type) : 0, '\0');
  if (!fixed_text || H5Aread(attribute, type, value.data()) < 0) {
    refuse("@" + name, "another type", "a text of fixed length");
  }
  value.resize(std::min(value.size(), value.find('\0')));
  return value;
}

bool Reader::has_attribute(const std::string& name) const {
  return H5Aexists(file_->id, name.c_str()) > 0;
}

bool Reader::has(const std::string& path) const {
  return H5Lexists(file_->id, path.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> Reader::members(const std::string& group) const {
  const Handle opened(H5Gopen2(file_->id, group.c_str(), H5P_DEFAULT), H5Gclose);
  if (!opened.valid()) refuse(group, "nothing", "a group");
  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  hsize_t from = 0;
  if (H5Literate(opened, H5_INDEX_NAME, H5_ITER_INC, &from, add, &names) < 0) {
    refuse(group, "a damaged group (" + cause() + ")", "a whole HDF5 file");
  }
  return names;
}

std::vector<int64_t> Reader::dims(const std::string& dataset) const {
  const Handle opened(H5Dopen2(file_->id, dataset.c_str(), H5P_DEFAULT), H5Dclose);
  if (!opened.valid()) refuse(dataset, "nothing", "a dataset", "The dataset is missing.");
  const Handle space(H5Dget_space(opened), H5Sclose);
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 1) refuse(dataset, "a dataset without dimensions", "a dataset with rows");
  std::vector<hsize_t> extent(static_cast<size_t>(rank));
  H5Sget_simple_extent_dims(space, extent.data(), nullptr);
  int64_t left = kMostValues;
  for (const hsize_t dim : extent) {
    if (dim == 0 || dim > static_cast<hsize_t>(left)) {
      refuse(dataset, fmt::format("dimensions [{}]", fmt::join(extent, ", ")),
             fmt::format("1..{} values", kMostValues));
    }
    left /= static_cast<int64_t>(dim);
  }
  return {extent.begin(), extent.end()};
}

void Reader::read(const std::string& dataset, Element element, void* values) const {
  const Handle opened(H5Dopen2(file_->id, dataset.c_str(), H5P_DEFAULT), H5Dclose);
  const Handle type(H5Dget_type(opened), H5Tclose);
  const hid_t wanted = type_of(element);
  const bool narrow = H5Tget_size(type) <= H5Tget_size(wanted);
  if (H5Tget_class(type) != H5T_INTEGER || !narrow || H5Tget_sign(type) != H5Tget_sign(wanted)) {
    refuse(dataset, "another type",
           fmt::format("{} integers of at most {} bytes",
                       element == Element::kUint8 ? "unsigned" : "signed", H5Tget_size(wanted)));
  }
  if (H5Dread(opened, wanted, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) {
    refuse(dataset, "values that HDF5 cannot read (" + cause() + ")", "a whole dataset",
           "The file is damaged; write it again with " + subject_.writer + ".");
  }
}

}  // namespace ranvier::hdf5
