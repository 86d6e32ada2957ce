#include "ranvier/report/json_view.hpp"

#include "ranvier/core/error.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace ranvier::report {
namespace {

constexpr size_t kShownCharacters = 60;

std::string shown(const nlohmann::json& node) {
  std::string text = node.dump();
  if (text.size() > kShownCharacters) text = text.substr(0, kShownCharacters) + "...";
  return text;
}

}  // namespace

JsonView JsonView::parse(std::string_view text, const std::string& name, const std::string& place) {
  JsonView view;
  view.path_ = name;
  view.place_ = place;
  try {
    view.root_ = std::make_shared<const nlohmann::json>(nlohmann::json::parse(text));
  } catch (const nlohmann::json::parse_error& error) {
    view.refuse("text that breaks at byte " + std::to_string(error.byte), "valid JSON",
                "The file was edited or cut short; run the experiment again.");
  }
  view.node_ = view.root_.get();
  if (!view.node_->is_object()) view.refuse(shown(*view.node_), "an object");
  return view;
}

void JsonView::refuse(std::string given, std::string allowed, std::string hint) const {
  throw core::UserError({.key = path_,
                         .given = std::move(given),
                         .allowed = std::move(allowed),
                         .place = place_,
                         .hint = std::move(hint)});
}

bool JsonView::has(std::string_view key) const {
  if (!node_->is_object()) return false;
  const auto found = node_->find(key);
  return found != node_->end() && !found->is_null();
}

JsonView JsonView::at(std::string_view key) const {
  if (!node_->is_object()) refuse(shown(*node_), "an object");
  JsonView child = *this;
  child.path_.append(path_.ends_with(".json") ? ":" : ".").append(key);
  const auto found = node_->find(key);
  if (found == node_->end()) child.refuse("nothing", "a value");
  child.node_ = &*found;
  return child;
}

std::vector<JsonView> JsonView::elements() const {
  if (!node_->is_array()) refuse(shown(*node_), "a list");
  std::vector<JsonView> all;
  for (size_t i = 0; i < node_->size(); ++i) {
    JsonView child = *this;
    child.path_.append("[").append(std::to_string(i)).append("]");
    child.node_ = &(*node_)[i];
    all.push_back(std::move(child));
  }
  return all;
}

std::vector<std::pair<std::string, JsonView>> JsonView::members() const {
  if (!node_->is_object()) refuse(shown(*node_), "an object");
  std::vector<std::pair<std::string, JsonView>> all;
  for (const auto& [key, value] : node_->items()) all.emplace_back(key, at(key));
  return all;
}

double JsonView::real() const {
  if (!node_->is_number() || !std::isfinite(node_->get<double>())) {
    refuse(shown(*node_), "a finite number");
  }
  return node_->get<double>();
}

int64_t JsonView::integer() const {
  if (!node_->is_number_integer()) refuse(shown(*node_), "a whole number");
  return node_->get<int64_t>();
}

const std::string& JsonView::text() const {
  if (!node_->is_string()) refuse(shown(*node_), "a text");
  return node_->get_ref<const std::string&>();
}

}  // namespace ranvier::report
