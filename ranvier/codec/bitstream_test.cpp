// Does a bit stream give back every field that was put in, and nothing beyond its end?

#include "ranvier/codec/bitstream.hpp"

#include "ranvier/codec/bit_lanes.hpp"
#include "ranvier/core/rng.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace ranvier::codec {
namespace {

struct Field {
  uint64_t value;
  int bits;
};

std::vector<Field> some_fields(uint64_t seed, int count) {
  core::Rng rng(seed);
  std::vector<Field> fields;
  for (int f = 0; f < count; ++f) {
    const auto bits = static_cast<int>(rng.below(kFieldLimit + 1));
    fields.push_back({rng.next() & low_mask(bits), bits});
  }
  return fields;
}

RC_GTEST_PROP(BitStream, GivesBackEveryField, ()) {
  const std::vector<Field> fields =
      some_fields(*rc::gen::arbitrary<uint64_t>(), *rc::gen::inRange(0, 60));
  int64_t bits = 0;
  for (const Field& field : fields) bits += field.bits;
  // Dirty memory: a writer must not lean on zeros it did not write.
  std::vector<uint8_t> bytes(static_cast<size_t>(bytes_for(bits) + kWriterSlack), 0xA5);
  BitWriter writer(bytes.data());
  for (const Field& field : fields) writer.put(field.value, field.bits);
  RC_ASSERT(writer.position() == bits);
  bytes.resize(static_cast<size_t>(bytes_for(bits)));
  BitReader reader(bytes, bits);
  for (const Field& field : fields) RC_ASSERT(reader.get(field.bits) == field.value);
  RC_ASSERT(reader.position() == bits);
  RC_ASSERT(reader.skip_zeros(bits));
  RC_ASSERT_THROWS_AS(reader.get(1), core::RunError);
}

RC_GTEST_PROP(BitLanes, ProcessorAndLoopAgree, ()) {
  const auto word = *rc::gen::arbitrary<uint64_t>();
  const auto mask = core::Rng(*rc::gen::arbitrary<uint64_t>()).next();
  RC_ASSERT(squeeze(word, mask) == squeeze_bit_by_bit(word, mask));
  RC_ASSERT(spread(word, mask) == spread_bit_by_bit(word, mask));
  RC_ASSERT(spread(squeeze(word, mask), mask) == (word & mask));
}

TEST(BitLanes, MoveTheChosenBits) {
  EXPECT_EQ(squeeze(0b110100, 0b011110), 0b1010U);
  EXPECT_EQ(spread(0b1010, 0b011110), 0b010100U);
}

TEST(BitWriter, PutsTheFirstBitInBitZeroOfByteZero) {
  std::vector<uint8_t> bytes(3 + kWriterSlack);
  BitWriter writer(bytes.data());
  writer.put(1, 1);
  writer.put(0b101, 3);
  writer.put(0x3FF, 10);
  writer.put_zeros(10);
  EXPECT_EQ(writer.position(), 24);
  EXPECT_EQ(bytes[0], 0b11111011);
  EXPECT_EQ(bytes[1], 0b00111111);
  EXPECT_EQ(bytes[2], 0);
}

TEST(BitReader, SeesBitsThatAreNotZero) {
  const std::vector<uint8_t> bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0b00010000};
  BitReader reader(bytes, 80);
  EXPECT_TRUE(reader.skip_zeros(76));
  EXPECT_FALSE(reader.skip_zeros(77));
  EXPECT_TRUE(reader.skip_zeros(80));
}

TEST(BitReader, RefusesToReadPastTheStatedEnd) {
  const std::vector<uint8_t> bytes{0xFF, 0xFF};
  BitReader reader(bytes, 11);
  EXPECT_EQ(reader.get(11), 0x7FFU);
  EXPECT_THROW(reader.get(1), core::RunError);
  BitReader longer_than_its_bytes(bytes, 100);
  EXPECT_THROW(longer_than_its_bytes.get(17), core::RunError);
}

TEST(BitReader, PeeksZerosBeyondTheEnd) {
  const std::vector<uint8_t> bytes{0xFF, 0x01};
  const BitReader reader(bytes, 16);
  EXPECT_EQ(reader.peek(4), 0x1FU);
  EXPECT_EQ(reader.peek(16), 0U);
  const std::vector<uint8_t> nine{1, 2, 3, 4, 5, 6, 7, 8, 9};
  const BitReader longer(nine, 72);
  EXPECT_EQ(longer.peek(8), 0x0908070605040302U);
  EXPECT_EQ(longer.peek(64), 9U);
  EXPECT_EQ(longer.peek(67), 1U);
  EXPECT_EQ(longer.peek(72), 0U);
}

}  // namespace
}  // namespace ranvier::codec
