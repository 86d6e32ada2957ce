#include "ranvier/app/breakeven_text.hpp"
#include "ranvier/core/quantity.hpp"

#include <cmath>

namespace ranvier::app {
namespace {

using Json = nlohmann::ordered_json;

/// An open end is null: JSON has no infinity.
Json end_json(double value) { return std::isinf(value) ? Json(nullptr) : Json(value); }

Json ranges_json(const std::vector<sweep::Range>& ranges, double unit) {
  Json all = Json::array();
  for (const auto& range : ranges) {
    all.push_back({{"from", range.from / unit}, {"to", end_json(range.to / unit)}});
  }
  return all;
}

Json stretches_json(const sweep::PresetStudy& study, const std::vector<sweep::Stretch>& stretches,
                    double unit) {
  Json all = Json::array();
  for (const auto& stretch : stretches) {
    all.push_back({{"variant", study.standings[stretch.best].name},
                   {"from", stretch.from / unit},
                   {"to", end_json(stretch.to / unit)}});
  }
  return all;
}

Json standing_json(const sweep::Standing& s) {
  return {
      {"kind", s.kind},
      {"metric_deployed", s.metric_deployed ? Json(*s.metric_deployed) : Json(nullptr)},
      {"latency_us", s.simulated.latency_s * core::kMicro},
      {"energy_uj",
       {{"min", s.energy_minimum_pj / core::kPicojoulesPerMicrojoule},
        {"nominal", s.simulated.energy_pj / core::kPicojoulesPerMicrojoule},
        {"max", s.energy_maximum_pj / core::kPicojoulesPerMicrojoule}}},
      {"energy_without_link_uj", s.simulated.energy_line.at_zero / core::kPicojoulesPerMicrojoule},
      {"link_bits_paid", s.simulated.energy_line.slope}};
}

Json duel_json(const sweep::PresetStudy& study, const sweep::Duel& duel) {
  Json others = Json::array();
  for (const size_t other : duel.others) others.push_back(study.standings[other].name);
  return {{"variant", study.standings[duel.variant].name},
          {"better_than", others},
          {"quantity", to_string(duel.quantity)},
          {"link_pj_per_bit", ranges_json(duel.prices, 1)},
          {"link_gbps", ranges_json(duel.rates, core::kGiga)}};
}

Json point_json(const sweep::VerdictPoint& point) {
  Json json{{"value", point.value}};
  for (size_t q = 0; q < sweep::kQuantities.size(); ++q) {
    json[std::string(to_string(sweep::kQuantities[q]))] = point.ratio[q];
  }
  json["winning_link_pj_per_bit"] = ranges_json(point.winning_prices, 1);
  return json;
}

Json row_json(const sweep::TornadoRow& row) {
  return {{"constant", row.key},
          {"unit", row.unit},
          {"source", row.source},
          {"fidelity", row.analytic ? "analytic" : "cycle"},
          {"min", point_json(row.minimum)},
          {"nominal", point_json(row.nominal)},
          {"max", point_json(row.maximum)}};
}

}  // namespace

Json breakeven_json(const sweep::PresetStudy& study, const sweep::Tornado& tornado) {
  Json json{
      {"sentence", manager_sentence(study, tornado)},
      {"link_pj_per_bit", study.link_pj_per_bit},
      {"link_gbps", study.link_bit_per_s / core::kGiga},
      {"searched_link_gbps", {study.lowest_rate / core::kGiga, study.highest_rate / core::kGiga}},
      {"variants", Json::object()},
      {"best", Json::object()},
      {"thresholds", Json::array()},
      {"against_all_dense", Json::array()},
      {"tornado", Json::array()},
      {"without_effect", tornado.without}};
  for (const auto& s : study.standings) json["variants"][s.name] = standing_json(s);
  for (const auto& contest : study.contests) {
    json["best"][std::string(to_string(contest.quantity))] = {
        {"by_link_pj_per_bit", stretches_json(study, contest.by_price, 1)},
        {"by_link_gbps", stretches_json(study, contest.by_rate, core::kGiga)}};
  }
  for (const auto& duel : study.duels) json["thresholds"].push_back(duel_json(study, duel));
  for (const auto& duel : study.against_dense) {
    json["against_all_dense"].push_back(duel_json(study, duel));
  }
  for (const auto& row : sorted(tornado, sweep::Quantity::kEnergy)) {
    json["tornado"].push_back(row_json(row));
  }
  for (const auto& row : tornado.rows) {
    if (row.swing(sweep::Quantity::kEnergy) <= 1) json["tornado"].push_back(row_json(row));
  }
  return json;
}

}  // namespace ranvier::app
