#pragma once
// Settings for tests: whole runs that take a moment.

#include "ranvier/train/settings.hpp"

namespace ranvier::train::testing {

/// A whole run: the smallest settings that have every kind of variant.
inline Settings tiny_settings() {
  Settings s;
  s.name = "tiny";
  s.data = {.kind = DataKind::kProcedural,
            .path = {},
            .place = {},
            .train_samples = 60,
            .test_samples = 20,
            .image_size = 8};
  s.data_hash = content_hash(load_data(s.data));
  s.network.widths = {4, 6};
  s.network.blocks = {1, 1};
  s.network.cuts = {"stage1"};
  s.train = {.epochs = 1, .batch = 20, .learning_rate = 0.05};
  s.finetune.optim = s.train;
  s.finetune.calibration_samples = 20;
  s.record_samples = 3;
  VariantSettings v;
  v.batch = 20;
  v.name = "ann-packet";
  v.kind = ir::NetworkKind::kAnn;
  v.codec = {.kind = codec::CodecKind::kDense, .bits = 8};
  v.wire = codec::WireKind::kPacket;
  s.variants.push_back(v);
  v.name = "ann-burst8";
  v.wire = codec::WireKind::kBurst;
  s.variants.push_back(v);
  v.name = "snn";
  v.kind = ir::NetworkKind::kSnn;
  v.codec = {.kind = codec::CodecKind::kRate, .bits = 1, .steps = 2};
  v.wire = codec::WireKind::kAuto;
  v.steps = 2;
  s.variants.push_back(v);
  v.name = "hnn-graded";
  v.kind = ir::NetworkKind::kHnn;
  v.codec = {.kind = codec::CodecKind::kGraded, .bits = 2};
  v.steps = 1;
  v.distill = 0.5;
  v.has_finetuned_teacher = true;
  s.variants.push_back(v);
  return s;
}

}  // namespace ranvier::train::testing
