#include "ranvier/config/values.hpp"

#include "ranvier/config/field_text.hpp"
#include "ranvier/core/error.hpp"

namespace ranvier::config {

const Values::Entry& Values::known(std::string_view key) const {
  const auto found = entries_.find(key);
  RANVIER_CONTRACT(found != entries_.end(), "no schema declares the key " + std::string(key));
  return found->second;
}

const Values::Entry& Values::entry(std::string_view key, Kind kind) const {
  const Entry& found = known(key);
  RANVIER_CONTRACT(found.kind == kind, std::string(key) + " is read as another kind of value");
  RANVIER_CONTRACT(!found.is_null, std::string(key) + " is absent; ask has() first");
  return found;
}

bool Values::boolean(std::string_view key) const { return entry(key, Kind::kBoolean).number != 0; }

int64_t Values::integer(std::string_view key) const {
  return static_cast<int64_t>(entry(key, Kind::kInteger).number);
}

double Values::real(std::string_view key) const {
  const Kind kind = known(key).kind;
  return entry(key, kind == Kind::kQuantity ? kind : Kind::kReal).number;
}

Constant Values::constant(std::string_view key) const {
  RANVIER_CONTRACT(is_number(known(key).kind), std::string(key) + " is no number");
  const Entry& found = entry(key, known(key).kind);
  return {found.number, found.minimum, found.maximum, found.source, found.seen};
}

const std::string& Values::text(std::string_view key) const {
  const Kind kind = known(key).kind;
  return entry(key, kind == Kind::kChoice ? kind : Kind::kText).text;
}

std::vector<int64_t> Values::integers(std::string_view key) const {
  std::vector<int64_t> numbers;
  for (const auto& item : entry(key, Kind::kIntegers).items) numbers.push_back(std::stoll(item));
  return numbers;
}

std::vector<std::string> Values::texts(std::string_view key) const {
  return entry(key, Kind::kTexts).items;
}

bool Values::has(std::string_view key) const {
  const auto found = entries_.find(key);
  return found != entries_.end() && !found->second.is_null;
}

bool Values::given(std::string_view key) const {
  const auto found = entries_.find(key);
  return found != entries_.end() && !found->second.is_default;
}

std::vector<std::string> Values::children(std::string_view prefix) const {
  const auto found = children_.find(prefix);
  return found == children_.end() ? std::vector<std::string>{} : found->second;
}

std::vector<Values::Item> Values::items() const {
  std::vector<Item> present;
  for (const auto& key : order_) {
    const auto found = entries_.find(key);
    if (found == entries_.end() || found->second.is_null) continue;
    const Entry& entry = found->second;
    const bool number = is_number(entry.kind);
    present.push_back({found->first, number ? entry.text : entry_text(entry)});
  }
  return present;
}

const Origin& Values::origin(std::string_view key) const { return known(key).origin; }

void Values::refuse(std::string_view key, std::string_view allowed, std::string_view hint) const {
  const Entry& found = known(key);
  throw core::UserError({.key = std::string(key),
                         .given = found.given,
                         .allowed = std::string(allowed),
                         .place = found.origin.place,
                         .hint = std::string(hint)});
}

}  // namespace ranvier::config
