#include "ranvier/train/safetensors.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/fresh_directory.hpp"

namespace ranvier::train {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string file_of(const std::string& header, const std::string& data) {
  const uint64_t size = header.size();
  std::string content(8, '\0');
  std::memcpy(content.data(), &size, 8);
  return content + header + data;
}

class SafetensorsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = ::ranvier::testing::fresh_directory();
    path_ = directory_ / "weights.safetensors";
  }
  void TearDown() override { fs::remove_all(directory_); }

  Tensors read(const std::string& content) const {
    std::ofstream(path_, std::ios::binary) << content;
    return read_safetensors(path_);
  }

  std::string given(const std::string& content) const {
    try {
      read(content);
    } catch (const core::UserError& error) {
      EXPECT_EQ(error.refusal().key, "weights.safetensors");
      EXPECT_EQ(error.refusal().place, path_.string());
      return error.refusal().given;
    }
    ADD_FAILURE() << "accepted";
    return {};
  }

  fs::path directory_;
  fs::path path_;
};

TEST_F(SafetensorsTest, WritesThePublishedFormat) {
  write_safetensors(path_,
                    {{"b", {DType::kU8, {2}, {7, 9}}}, {"w", {DType::kI16, {1, 2}, {1, 2, 3, 4}}}});
  std::string header =
      R"({"w":{"dtype":"I16","shape":[1,2],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}})";
  header.append((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(core::read_file(path_, "w"), file_of(header, "\x01\x02\x03\x04\x07\x09"));
}

TEST_F(SafetensorsTest, ReadsMetadataScalarsAndEmptyTensors) {
  const Tensors tensors = read(file_of(
      R"({"__metadata__":{"format":"pt"},"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
      R"("none":{"dtype":"I64","shape":[3,0],"data_offsets":[4,4]}})",
      "abcd"));
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_EQ(tensors.at("s"), (Tensor{DType::kF32, {}, {'a', 'b', 'c', 'd'}}));
  EXPECT_EQ(tensors.at("none"), (Tensor{DType::kI64, {3, 0}, {}}));
}

RC_GTEST_PROP(SafetensorsProperty, RoundTrips, ()) {
  Tensors tensors;
  const auto count = *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) {
    Tensor tensor;
    tensor.dtype = static_cast<DType>(*rc::gen::inRange(0, 5));
    tensor.shape = *rc::gen::container<std::vector<int64_t>>(rc::gen::inRange<int64_t>(0, 5));
    int64_t bytes = size_of(tensor.dtype);
    for (const int64_t extent : tensor.shape) bytes *= extent;
    if (bytes > 100000) tensor.shape = {0};
    if (bytes > 100000) bytes = 0;
    tensor.bytes = *rc::gen::container<std::vector<uint8_t>>(static_cast<size_t>(bytes),
                                                             rc::gen::arbitrary<uint8_t>());
    tensors["layer" + std::to_string(i) + ".\"weight\""] = tensor;
  }
  const fs::path path = ::ranvier::testing::fresh_directory() / "random.safetensors";
  write_safetensors(path, tensors);
  const Tensors read = read_safetensors(path);
  fs::remove_all(path.parent_path());
  RC_ASSERT(read == tensors);
}

TEST_F(SafetensorsTest, AlignsEveryTensorToItsElement) {
  write_safetensors(path_, {{"a", {DType::kU8, {3}, {1, 2, 3}}},
                            {"b", {DType::kI64, {1}, std::vector<uint8_t>(8)}},
                            {"c", {DType::kI16, {1}, {4, 5}}}});
  const std::string content = core::read_file(path_, "w");
  EXPECT_THAT(content, HasSubstr(R"("b":{"dtype":"I64","shape":[1],"data_offsets":[0,8])"));
  EXPECT_THAT(content, HasSubstr(R"("c":{"dtype":"I16","shape":[1],"data_offsets":[8,10])"));
  EXPECT_EQ((content.size() - 13) % 8, 0U);
}

struct BadTensors {
  const char* name;
  std::string content;
  const char* given;
};

std::string one(const std::string& fields, const std::string& data = "abcd") {
  return file_of(R"({"w":{)" + fields + "}}", data);
}

class BadSafetensorsTest : public SafetensorsTest,
                           public ::testing::WithParamInterface<BadTensors> {};

TEST_P(BadSafetensorsTest, AreRefused) {
  EXPECT_THAT(given(GetParam().content), HasSubstr(GetParam().given));
}

INSTANTIATE_TEST_SUITE_P(
    Files, BadSafetensorsTest,
    ::testing::Values(
        BadTensors{"Empty", "", "0 bytes"}, BadTensors{"Short", "abc", "3 bytes"},
        BadTensors{"HugeHeader", std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10),
                   "header longer"},
        BadTensors{"NotJson", file_of("{\"w\":", ""), "no JSON object"},
        BadTensors{"AList", file_of("[]", ""), "no JSON object"},
        BadTensors{"DType", one(R"("dtype":"F16","shape":[2],"data_offsets":[0,4])"),
                   "unknown dtype of 'w'"},
        BadTensors{"DTypeNumber", one(R"("dtype":1,"shape":[2],"data_offsets":[0,4])"),
                   "wrong fields"},
        BadTensors{"NoShape", one(R"("dtype":"F32","data_offsets":[0,4])"), "other fields"},
        BadTensors{"ExtraField", one(R"("dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1)"),
                   "other fields"},
        BadTensors{"Negative", one(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"),
                   "wrong fields"},
        BadTensors{"Fraction", one(R"("dtype":"F32","shape":[1],"data_offsets":[0,4.5])"),
                   "wrong fields"},
        BadTensors{"Size", one(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"),
                   "differs from its shape"},
        BadTensors{"Overflow",
                   one(R"("dtype":"F32","shape":[4294967296,4294967296,1],"data_offsets":[0,4])"),
                   "differs from its shape"},
        BadTensors{"Backwards", one(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"),
                   "overlap"},
        BadTensors{"PastTheEnd", one(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])"),
                   "leave the file"},
        BadTensors{"Unowned", one(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])", "abcdefgh"),
                   "no tensor owns"},
        BadTensors{"Gap", one(R"("dtype":"F32","shape":[1],"data_offsets":[4,8])", "abcdefgh"),
                   "gaps"},
        BadTensors{"ThreeOffsets", one(R"("dtype":"F32","shape":[1],"data_offsets":[0,2,4])"),
                   "not two"},
        BadTensors{
            "Overlap",
            file_of(
                R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})",
                "abcdef"),
            "overlap"},
        BadTensors{
            "Twice",
            file_of(
                R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
                ""),
            "'a' twice"}),
    [](const auto& test) { return test.param.name; });

TEST_F(SafetensorsTest, RefusesATruncatedFileAtAnyLength) {
  write_safetensors(path_, {{"w", {DType::kF32, {5}, std::vector<uint8_t>(20, 3)}}});
  const std::string whole = core::read_file(path_, "w");
  for (size_t length = 0; length < whole.size(); length += 5) given(whole.substr(0, length));
}

TEST_F(SafetensorsTest, RefusesAMissingFileAndADirectoryThatIsNotThere) {
  EXPECT_THROW(read_safetensors(path_), core::UserError);
  EXPECT_THROW(write_safetensors(directory_ / "none" / "w", {}), core::RunError);
}

TEST_F(SafetensorsTest, RefusesToWriteBytesThatDoNotMatch) {
  EXPECT_THROW(write_safetensors(path_, {{"w", {DType::kF32, {2}, std::vector<uint8_t>(4)}}}),
               core::ContractViolation);
  EXPECT_FALSE(fs::exists(path_));
}

}  // namespace
}  // namespace ranvier::train
