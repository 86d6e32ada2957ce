#include "ranvier/train/settings.hpp"

#include "ranvier/core/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ranvier::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Settings parse(const std::string& yaml, std::vector<std::string> overrides = {}) {
  std::vector<config::Field> schema(training_schema().begin(), training_schema().end());
  schema.push_back({.key = "name", .kind = config::Kind::kText, .fallback = "test"});
  schema.push_back({.key = "seed", .kind = config::Kind::kInteger, .fallback = "1"});
  const config::Source source{"exp.yaml", yaml};
  return parse_settings(config::load(std::span(&source, 1), overrides, schema));
}

/// The refusal of `yaml`; fails the test when it is accepted.
core::Refusal refusal_of(const std::string& yaml, std::vector<std::string> overrides = {}) {
  try {
    parse(yaml, std::move(overrides));
  } catch (const core::UserError& error) {
    return error.refusal();
  }
  ADD_FAILURE() << "accepted: " << yaml;
  return {};
}

const VariantSettings& variant_of(const Settings& settings, const std::string& name) {
  for (const auto& variant : settings.variants) {
    if (variant.name == name) return variant;
  }
  throw std::out_of_range(name);
}

TEST(Settings, HasTheDenseBaselinesWithoutBeingAsked) {
  const Settings settings = parse("");
  ASSERT_EQ(settings.variants.size(), 3U);
  EXPECT_EQ(settings.variants[0].name, "ann-packet");
  EXPECT_EQ(settings.variants[0].wire, codec::WireKind::kPacket);
  EXPECT_EQ(settings.variants[1].codec.bits, 8);
  EXPECT_EQ(settings.variants[2].name, "ann-burst4");
  EXPECT_EQ(settings.variants[2].codec.bits, 4);
  EXPECT_EQ(settings.variants[2].wire, codec::WireKind::kBurst);
}

TEST(Settings, GivesVariantsTheFinetuneBudgetUnlessTheySayOtherwise) {
  const Settings settings = parse(
      "finetune: {epochs: 7, learning_rate: 0.01}\n"
      "variants: {snn: {kind: snn, steps: 3, epochs: 2}, hnn-a: {codec: rate(4)}}\n");
  EXPECT_EQ(variant_of(settings, "ann-packet").epochs, 7);
  EXPECT_EQ(variant_of(settings, "snn").epochs, 2);
  EXPECT_EQ(variant_of(settings, "snn").codec.steps, 3);
  EXPECT_EQ(variant_of(settings, "hnn-a").epochs, 7);
  EXPECT_DOUBLE_EQ(variant_of(settings, "hnn-a").learning_rate, 0.01);
  EXPECT_EQ(variant_of(settings, "hnn-a").codec.kind, codec::CodecKind::kRate);
}

TEST(Settings, PutsCutsInTheOrderOfTheNetwork) {
  EXPECT_THAT(parse("network: {cuts: [stage3, stage1]}").network.cuts,
              ElementsAre("stage1", "stage3"));
}

TEST(Settings, SpikingNetworksHaveASurrogateWithoutTails) {
  const Settings settings = parse(
      "variants: {s: {kind: snn}, t: {kind: snn, surrogate: arctan}, h: {codec: graded(3)}, "
      "i: {codec: rate(4), surrogate: sigmoid}}");
  EXPECT_EQ(variant_of(settings, "s").surrogate, Surrogate::kTriangle);
  EXPECT_EQ(variant_of(settings, "t").surrogate, Surrogate::kArctan);
  EXPECT_EQ(variant_of(settings, "h").surrogate, Surrogate::kArctan);
  EXPECT_EQ(variant_of(settings, "i").surrogate, Surrogate::kSigmoid);
}

TEST(Settings, SignsWhatChangesWeightsAndNothingElse) {
  const Settings one = parse("variants: {h: {codec: graded(3)}}");
  const Settings other = parse("variants: {h: {codec: graded(2)}}");
  const Settings recorded = parse("record_samples: 8\nvariants: {h: {codec: graded(3)}}");
  EXPECT_EQ(one.dense_signature(), other.dense_signature());
  EXPECT_NE(one.signature_of(variant_of(one, "h")), other.signature_of(variant_of(other, "h")));
  EXPECT_EQ(one.signature_of(variant_of(one, "h")),
            recorded.signature_of(variant_of(recorded, "h")));
  EXPECT_NE(one.dense_signature(), parse("seed: 2").dense_signature());
  EXPECT_EQ(parse("data: {kind: cifar100, path: here}").dense_signature(),
            parse("data: {kind: cifar100, path: there}").dense_signature());
  Settings on_other_images = one;
  on_other_images.data_hash = 1;
  EXPECT_NE(one.dense_signature(), on_other_images.dense_signature());
  EXPECT_EQ(one.signature_of(one.variants[0]), one.signature_of(one.variants[1]))
      << "two wires of one dense codec share a training";
}

TEST(Settings, ReadsABottleneckBeforeAnyCodec) {
  const Settings settings = parse(
      "variants:\n  a: {codec: \"bottleneck(4)+graded(3,signed)\"}\n  b: {codec: "
      "\"graded(3,signed)\"}\n"
      "  c: {kind: ann, codec: \"bottleneck(2,3)+dense(4)\", wire: rans}\n"
      "  d: {codec: \"bottleneck(1)+graded(3,signed)\"}\n"
      "  e: {codec: \"bottleneck(4,6,2)+graded(3,signed)\"}\n"
      "  f: {codec: \"bottleneck(8,4,2,4)+graded(3,signed)\"}\n");
  EXPECT_EQ(variant_of(settings, "a").bottleneck.ratio, 4);
  EXPECT_EQ(codec::to_string(variant_of(settings, "a").codec), "graded(3,signed)");
  EXPECT_FALSE(variant_of(settings, "b").bottleneck.exists());
  EXPECT_EQ(variant_of(settings, "c").bottleneck.ratio, 2);
  EXPECT_TRUE(variant_of(settings, "d").bottleneck.exists());
  EXPECT_NE(settings.signature_of(variant_of(settings, "b")),
            settings.signature_of(variant_of(settings, "d")));
  EXPECT_EQ(variant_of(settings, "a").bottleneck.kernel, 1);
  EXPECT_EQ(variant_of(settings, "c").bottleneck.kernel, 3);
  EXPECT_EQ(variant_of(settings, "c").bottleneck.stride, 1);
  EXPECT_EQ(variant_of(settings, "e").bottleneck.stride, 2);
  EXPECT_EQ(variant_of(settings, "e").bottleneck.padding(), 2);
  EXPECT_EQ(variant_of(settings, "e").bottleneck.width(16), 16);
  EXPECT_EQ(variant_of(settings, "e").bottleneck.groups, 1);
  EXPECT_EQ(variant_of(settings, "f").bottleneck.groups, 4);
  EXPECT_NE(settings.signature_of(variant_of(settings, "a")),
            settings.signature_of(variant_of(settings, "b")));
}

TEST(Settings, OfAnImageFolderHaveAugmentationsOfTheirOwn) {
  const std::string folder = "data: {kind: image_folder, path: here, image_size: 224}\n";
  const Settings settings = parse(folder, {"data.augment=resized_crop_flip", "data.least_area=0.25",
                                           "data.central_fraction=1", "data.loader_threads=3"});
  EXPECT_EQ(settings.data.kind, DataKind::kImageFolder);
  EXPECT_TRUE(settings.augment);
  EXPECT_EQ(settings.data.image_size, 224);
  EXPECT_EQ(settings.data.least_area, 0.25);
  EXPECT_EQ(settings.data.central_fraction, 1);
  EXPECT_EQ(settings.loader_threads, 3);
  EXPECT_EQ(parse(folder, {"data.loader_threads=3"}).dense_signature(),
            parse(folder).dense_signature());
  EXPECT_THAT(refusal_of(folder, {"data.augment=crop_flip"}).allowed,
              HasSubstr("resized_crop_flip"));
  EXPECT_EQ(refusal_of("data: {augment: resized_crop_flip}").key, "data.augment");
  EXPECT_EQ(refusal_of(folder, {"data.least_area=0"}).key, "data.least_area");
}

TEST(SettingsRefusal, NamesTheAllowedCutsAndTheNearest) {
  const auto refusal = refusal_of("network:\n  cuts: [stagee2]\n");
  EXPECT_EQ(refusal.key, "network.cuts");
  EXPECT_EQ(refusal.given, "stagee2");
  EXPECT_THAT(refusal.allowed, HasSubstr("stage1, stage2, stage3, stage4"));
  EXPECT_THAT(refusal.hint, HasSubstr("stage2"));
  EXPECT_THAT(refusal.place, HasSubstr("exp.yaml"));
}

TEST(SettingsRefusal, RefusesCutsTwiceAndOfAnotherFamily) {
  EXPECT_EQ(refusal_of("network: {cuts: [stage1, stage1]}").key, "network.cuts");
  EXPECT_EQ(refusal_of("network: {model: mlp, cuts: [stage1]}").key, "network.cuts");
}

TEST(SettingsRefusal, RefusesZeroStepsAndEpochs) {
  EXPECT_EQ(refusal_of("variants: {s: {kind: snn, steps: 0}}").key, "variants.s.steps");
  EXPECT_EQ(refusal_of("variants: {h: {codec: rate(0)}}").key, "variants.h.codec");
  EXPECT_EQ(refusal_of("train: {epochs: 0}").key, "train.epochs");
  EXPECT_EQ(refusal_of("", {"finetune.epochs=0"}).key, "finetune.epochs");
}

TEST(SettingsRefusal, RefusesUnknownCodecsAndKinds) {
  EXPECT_EQ(refusal_of("variants: {h: {codec: morse(3)}}").key, "variants.h.codec");
  EXPECT_EQ(refusal_of("variants: {h: {kind: rnn}}").key, "variants.h.kind");
  EXPECT_EQ(refusal_of("variants: {h: {teacher: ann-ft}}").key, "variants.h.teacher")
      << "without distillation nobody teaches";
  EXPECT_EQ(refusal_of("variants: {h: {kind: hnn, codec: dense(8)}}").key, "variants.h.codec");
  EXPECT_EQ(refusal_of("variants: {a: {kind: ann, codec: rate(4)}}").key, "variants.a.codec");
  EXPECT_EQ(refusal_of("variants: {h: {codec: rate(4), wire: burst}}").key, "variants.h.wire");
  for (const char* codec :
       {"bottleneck(0)+graded(3)", "bottleneck(4,2)+graded(3)", "bottleneck(4,9)+graded(3)",
        "bottleneck(4,)+graded(3)", "bottleneck(4,-1)+graded(3)", "bottleneck(4,3,2)+graded(3)",
        "bottleneck(4,6,4)+graded(3)", "bottleneck(4,4,0)+graded(3)",
        "bottleneck(4,4,2,0)+graded(3)", "bottleneck(4,4,2,65)+graded(3)",
        "bottleneck(4,4,2,4,1)+graded(3)", "bottleneck(65)+graded(3)", "bottleneck(4)",
        "bottleneck(4)graded(3)", "bottleneck()+graded(3)", "bottleneck(4)+morse(3)", "topk(2)"}) {
    EXPECT_EQ(refusal_of(std::string("variants: {h: {codec: '") + codec + "'}}").key,
              "variants.h.codec")
        << codec;
  }
  EXPECT_EQ(refusal_of("variants: {h: {codec: topk(0.1), objective: lambda, lambda: 1}}").key,
            "variants.h.objective");
  EXPECT_EQ(refusal_of("network: {blocks: [1, 1]}").key, "network.blocks");
}

TEST(SettingsRefusal, RefusesObjectivesThatAreNotWhole) {
  EXPECT_EQ(refusal_of("variants: {h: {objective: budget}}").key, "variants.h.objective");
  EXPECT_EQ(refusal_of("variants: {h: {objective: lambda}}").key, "variants.h.objective");
  EXPECT_EQ(refusal_of("variants: {h: {objective: budget, events_per_neuron: 0.3, "
                       "bits_per_activation: 2}}")
                .key,
            "variants.h.objective");
  EXPECT_EQ(refusal_of("variants: {h: {lambda: 0.5}}").key, "variants.h.lambda");
  EXPECT_EQ(refusal_of("variants: {h: {objective: budget, events_per_neuron: -1}}").key,
            "variants.h.events_per_neuron");
}

TEST(Settings, AnEntropyCodedDenseBaselineHoldsABudgetOfBits) {
  const std::string dense = "variants: {a: {kind: ann, codec: dense(4), objective: budget, ";
  const Settings settings = parse(dense + "wire: rans, bits_per_activation: 1.2}}");
  EXPECT_EQ(variant_of(settings, "a").objective, ObjectiveKind::kBudget);
  EXPECT_EQ(variant_of(settings, "a").bits_per_activation, 1.2);
  EXPECT_EQ(refusal_of(dense + "wire: burst, bits_per_activation: 1.2}}").key,
            "variants.a.objective")
      << "every value takes four bits there";
  EXPECT_EQ(refusal_of(dense + "wire: rans, events_per_neuron: 0.2}}").key, "variants.a.objective");
  EXPECT_EQ(refusal_of("variants: {s: {kind: snn, objective: budget, events_per_neuron: 1}}").key,
            "variants.s.objective");
}

TEST(Settings, APriceOfEnergyOrTimeTakesALambdaOrABudget) {
  const std::string hnn = "variants: {h: {codec: graded(2), objective: ";
  const Settings energy = parse(hnn + "energy, energy_nj: 40, preset: ucie16nm}}");
  EXPECT_EQ(variant_of(energy, "h").price, TrafficPrice::kEnergy);
  EXPECT_EQ(variant_of(energy, "h").objective, ObjectiveKind::kBudget);
  EXPECT_EQ(variant_of(energy, "h").energy_nj, 40);
  const Settings latency = parse(hnn + "latency, lambda: 1e-4}}");
  EXPECT_EQ(variant_of(latency, "h").price, TrafficPrice::kLatency);
  EXPECT_EQ(variant_of(latency, "h").objective, ObjectiveKind::kLambda);
  EXPECT_NE(energy.signature_of(variant_of(energy, "h")),
            latency.signature_of(variant_of(latency, "h")));
  const auto bits = parse(hnn + "lambda, lambda: 1e-4}}");
  EXPECT_NE(bits.signature_of(variant_of(bits, "h")),
            latency.signature_of(variant_of(latency, "h")));
}

TEST(SettingsRefusal, RefusesPricesThatAreNotWholeOrWouldBeIgnored) {
  const auto key = [](const std::string& variant) {
    return refusal_of("variants: {h: {" + variant + "}}").key;
  };
  EXPECT_EQ(key("objective: energy"), "variants.h.objective");
  EXPECT_EQ(key("objective: energy, energy_nj: 3, lambda: 1"), "variants.h.objective");
  EXPECT_EQ(key("objective: latency, energy_nj: 3"), "variants.h.objective");
  EXPECT_EQ(key("objective: energy, energy_nj: 3, latency_ns: 3"), "variants.h.latency_ns");
  EXPECT_EQ(key("objective: energy, lambda: 1, energy_nj: 3"), "variants.h.objective");
  EXPECT_EQ(key("objective: budget, energy_nj: 3"), "variants.h.energy_nj");
  EXPECT_EQ(key("objective: energy, energy_nj: 3, bits_per_activation: 1"),
            "variants.h.bits_per_activation");
  EXPECT_EQ(key("objective: energy, energy_nj: 0"), "variants.h.energy_nj");
  EXPECT_EQ(key("preset: pcb"), "variants.h.preset");
  EXPECT_EQ(refusal_of("variants: {s: {kind: snn, objective: latency, lambda: 1}}").key,
            "variants.s.objective")
      << "its spikes are no frames of a codec";
}

TEST(Settings, OfALanguageModelAreBlocksAndSignedCodecs) {
  const Settings settings = parse(
      "data: {kind: procedural_text, test_samples: 9}\n"
      "network: {model: rwkv, depth: 3, width: 24, context: 40, cuts: [block3, block1]}\n"
      "variants: {snn: {kind: snn, steps: 2}, hnn-a: {}, hnn-b: {codec: graded(2)}}\n");
  EXPECT_EQ(settings.data.kind, DataKind::kProceduralText);
  EXPECT_EQ(settings.data.context, 40);
  EXPECT_EQ(settings.network.depth, 3);
  EXPECT_EQ(settings.network.width, 24);
  EXPECT_THAT(settings.network.cuts, ElementsAre("block1", "block3"));
  for (const char* name : {"ann-packet", "ann-burst4", "snn", "hnn-a"}) {
    EXPECT_TRUE(variant_of(settings, name).codec.is_signed) << name;
  }
  EXPECT_FALSE(variant_of(settings, "hnn-b").codec.is_signed) << "the user's word";
  Settings wider = settings;
  wider.network.width = 25;
  EXPECT_NE(wider.dense_signature(), settings.dense_signature());
}

TEST(Settings, OfAnEfficientNetAreSevenStagesAndSignedCodecs) {
  const std::string net = "network: {model: efficientnet, scale: 2, cuts: [stage7, stage4]}\n";
  const Settings settings = parse(net + "variants: {hnn-a: {}, hnn-b: {codec: rate(4)}}\n");
  EXPECT_THAT(settings.network.cuts, ElementsAre("stage4", "stage7"));
  EXPECT_TRUE(variant_of(settings, "ann-burst4").codec.is_signed);
  EXPECT_TRUE(variant_of(settings, "hnn-a").codec.is_signed);
  EXPECT_FALSE(variant_of(settings, "hnn-b").codec.is_signed) << "the user's word";
  for (const char* change : {"scale=3", "width_factor=0.5", "depth_factor=2", "stem_stride=1"}) {
    EXPECT_NE(parse(net, {std::string("network.") + change}).dense_signature(),
              parse(net).dense_signature())
        << change;
  }
}

TEST(SettingsRefusal, RefusesWhatAFamilyCannotBe) {
  const std::string net = "network: {model: efficientnet}\n";
  EXPECT_THAT(refusal_of("network: {model: mlp, cuts: [fc1]}\n"
                         "variants: {h: {codec: 'bottleneck(4,3)+graded(3)'}}")
                  .allowed,
              HasSubstr("kernel 1"));
  EXPECT_THAT(refusal_of("network: {model: mlp, cuts: [fc1]}\n"
                         "variants: {h: {codec: 'bottleneck(4,1,1,2)+graded(3)'}}")
                  .allowed,
              HasSubstr("one group"));
  EXPECT_EQ(refusal_of(net, {"network.scale=5"}).key, "network.scale");
  EXPECT_EQ(refusal_of(net, {"network.cuts=[stage8]"}).key, "network.cuts");
}

TEST(Settings, RefuseATextForImagesAndImagesForAText) {
  EXPECT_EQ(refusal_of("network: {model: rwkv, cuts: [block1]}").key, "data.kind");
  EXPECT_EQ(refusal_of("data: {kind: procedural_text}").key, "network.model");
  const std::string reads = "network: {model: rwkv, depth: 2, cuts: [block1]}\n";
  EXPECT_EQ(refusal_of(reads + "data: {kind: procedural_text, augment: crop_flip}").key,
            "data.augment");
  EXPECT_THAT(refusal_of(reads + "data: {kind: text}").allowed, HasSubstr("data.path"));
  const auto cut =
      refusal_of("network: {model: rwkv, depth: 2, cuts: [block9]}\ndata: {kind: procedural_text}");
  EXPECT_EQ(cut.key, "network.cuts");
  EXPECT_THAT(cut.allowed, HasSubstr("block1, block2"));
}

}  // namespace
}  // namespace ranvier::train
