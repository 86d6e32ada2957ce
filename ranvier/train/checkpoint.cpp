#include "ranvier/train/checkpoint.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace ranvier::train {

namespace {

using nlohmann::json;
using torch::Tensor;

json to_json(const EpochRecord& r) {
  return json::array({r.epoch, r.loss, r.train_metric, r.test_metric, r.learning_rate,
                      r.events_per_neuron, r.wire_bits_per_neuron, r.lambda, r.seconds, r.revived});
}

EpochRecord record_from(const json& j) {
  return {j.at(0), j.at(1), j.at(2), j.at(3), j.at(4), j.at(5), j.at(6), j.at(7), j.at(8), j.at(9)};
}

Tensor tensor_from(const std::string& text) {
  auto out = torch::empty({static_cast<int64_t>(text.size())}, torch::kByte);
  std::copy(text.begin(), text.end(), out.data_ptr<uint8_t>());
  return out;
}

std::string text_from(const Tensor& tensor) {
  const auto* bytes = tensor.data_ptr<uint8_t>();
  return {bytes, bytes + tensor.numel()};
}

json header_of(const Checkpoint& c) {
  json history = json::array();
  for (const auto& record : c.history) history.push_back(to_json(record));
  json meters = json::array();
  for (const auto& m : c.meters) meters.push_back({m.bits, m.price, m.steps_left});
  return {{"signature", c.signature}, {"step", c.step},     {"finished", c.is_finished},
          {"seconds", c.seconds},     {"sums", c.sums},     {"controller", c.controller},
          {"meters", meters},         {"history", history}, {"model", c.model.size()}};
}

Checkpoint checkpoint_from(const std::vector<Tensor>& tensors) {
  const auto header = json::parse(text_from(tensors.at(0)));
  Checkpoint c;
  c.signature = header.at("signature");
  c.step = header.at("step");
  c.is_finished = header.at("finished");
  c.seconds = header.at("seconds");
  c.sums = header.at("sums").get<std::vector<double>>();
  c.controller = header.at("controller").get<std::vector<double>>();
  // An older file has none: its boundaries measure anew.
  for (const auto& m : header.value("meters", json::array())) {
    c.meters.push_back({m.at(0), m.at(1), m.at(2)});
  }
  for (const auto& record : header.at("history")) c.history.push_back(record_from(record));
  const auto split = tensors.begin() + 1 + header.at("model").get<int64_t>();
  c.model.assign(tensors.begin() + 1, split);
  c.optimisers.assign(split, tensors.end());
  return c;
}

}  // namespace

void write_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path) {
  std::vector<Tensor> tensors{tensor_from(header_of(checkpoint).dump())};
  for (const auto& t : checkpoint.model) tensors.push_back(t.detach().cpu());
  for (const auto& t : checkpoint.optimisers) tensors.push_back(t.detach().cpu());
  std::ostringstream stream;
  torch::save(tensors, stream);
  core::write_file_atomic(path, stream.str());
}

std::optional<Checkpoint> read_checkpoint(const std::filesystem::path& path,
                                          const std::string& signature) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  std::istringstream stream(core::read_file(path, "--resume"));
  Checkpoint checkpoint;
  try {
    std::vector<Tensor> tensors;
    torch::load(tensors, stream);
    checkpoint = checkpoint_from(tensors);
  } catch (const std::exception&) {
    throw core::UserError({.key = "--resume",
                           .given = path.string(),
                           .allowed = "a checkpoint of this program",
                           .place = {},
                           .hint = "Delete the file to train this part again"});
  }
  if (checkpoint.signature != signature) {
    throw core::UserError({.key = "--resume",
                           .given = checkpoint.signature,
                           .allowed = signature,
                           .place = path.string(),
                           .hint = "The configuration changed; use another --out, or no --resume"});
  }
  return checkpoint;
}

std::vector<Tensor> module_state(const torch::nn::Module& module) {
  auto out = module.parameters();
  for (const auto& buffer : module.buffers()) out.push_back(buffer);
  return out;
}

void restore_module(torch::nn::Module& module, const std::vector<Tensor>& state) {
  torch::NoGradGuard no_grad;
  auto mine = module_state(module);
  RANVIER_CONTRACT(mine.size() == state.size(), "a checkpoint fits its network");
  for (size_t i = 0; i < mine.size(); ++i) mine[i].copy_(state[i]);
}

}  // namespace ranvier::train
