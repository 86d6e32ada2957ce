#include "ranvier/ir/json_node.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace ranvier::ir {

void Node::require_keys(const std::vector<std::string>& known) const {
  if (!value_.is_object()) refuse("an object");
  for (const auto& [key, unused] : value_.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string nearest = core::nearest_name(key, known);
    Node(value_[key], joined(key), file_)
        .refuse_as("an unknown key", listed(known),
                   nearest.empty() ? "" : "Did you mean " + nearest + "?");
  }
}

Node Node::operator[](const std::string& key) const {
  if (!value_.is_object()) refuse("an object");
  if (value_.contains(key)) return {value_[key], joined(key), file_};
  Node(value_, joined(key), file_).refuse_as("nothing", "a value", "The key is missing.");
}

std::vector<Node> Node::items() const {
  if (!value_.is_array()) refuse("a list");
  std::vector<Node> nodes;
  for (size_t i = 0; i < value_.size(); ++i) {
    nodes.emplace_back(value_[i], fmt::format("{}[{}]", path_, i), file_);
  }
  return nodes;
}

std::string Node::text() const {
  if (!value_.is_string()) refuse("a text");
  return value_.get<std::string>();
}

double Node::real() const {
  if (!value_.is_number()) refuse("a number");
  return value_.get<double>();
}

bool Node::boolean() const {
  if (!value_.is_boolean()) refuse("true or false");
  return value_.get<bool>();
}

size_t Node::choice(const std::vector<std::string>& names) const {
  const auto found = std::find(names.begin(), names.end(), text());
  if (found == names.end()) refuse(listed(names));
  return static_cast<size_t>(found - names.begin());
}

void Node::refuse_as(std::string given, std::string allowed, std::string hint) const {
  throw core::UserError(
      {path_, std::move(given), std::move(allowed), file_.string(), std::move(hint)});
}

std::string Node::joined(const std::string& key) const {
  return path_.empty() ? key : path_ + "." + key;
}

std::string Node::abbreviated() const {
  constexpr size_t kMost = 60;
  const std::string text = value_.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= kMost ? text : text.substr(0, kMost) + "...";
}

std::string listed(const std::vector<std::string>& names) {
  return fmt::format("one of {}", fmt::join(names, ", "));
}

Json parse_strictly(const std::string& text, const std::string& what,
                    const std::filesystem::path& file) {
  std::vector<std::set<std::string>> open;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key &&
        !open.back().insert(parsed.get<std::string>()).second) {
      throw core::UserError(
          {parsed.get<std::string>(), "the key twice", "each key once", file.string(), {}});
    }
    return true;
  };
  try {
    return Json::parse(text, watch);
  } catch (const Json::parse_error& error) {
    const auto end = text.begin() + static_cast<int64_t>(std::min(error.byte, text.size()));
    throw core::UserError(
        {.key = what,
         .given = "text that is not JSON",
         .allowed = "a whole JSON object",
         .place = fmt::format("{}:{}", file.string(), 1 + std::count(text.begin(), end, '\n')),
         .hint = "The file may be truncated; write it again with ranvier train."});
  }
}

}  // namespace ranvier::ir
