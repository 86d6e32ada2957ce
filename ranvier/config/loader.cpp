#include "ranvier/config/loader.hpp"

#include "ranvier/config/field_text.hpp"
#include "ranvier/core/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <regex>

namespace ranvier::config {
namespace {

constexpr std::string_view kAnyName = "*";
constexpr std::string_view kAnyItem = "#";

std::vector<std::string> split(std::string_view key) {
  std::vector<std::string> segments;
  for (size_t start = 0; start <= key.size();) {
    const size_t end = std::min(key.find('.', start), key.size());
    segments.emplace_back(key.substr(start, end - start));
    start = end + 1;
  }
  return segments;
}

std::string join(const std::string& path, const std::string& segment) {
  return path.empty() ? segment : path + "." + segment;
}

bool is_open(const std::string& segment) { return segment == kAnyName || segment == kAnyItem; }

/// "1", "2", ...: what the items of a list are called.
bool is_item_name(const std::string& segment) {
  return !segment.empty() && segment.size() < 6 && segment.front() != '0' &&
         segment.find_first_not_of("0123456789") == std::string::npos;
}

void check_chosen_name(const std::string& key, const std::string& name, const std::string& place) {
  static const std::regex allowed("[A-Za-z0-9_][A-Za-z0-9_-]*");
  if (std::regex_match(name, allowed)) return;
  throw core::UserError({.key = key,
                         .given = "the name '" + name + "'",
                         .allowed = "letters, digits, '_' and '-'",
                         .place = place,
                         .hint = {}});
}

}  // namespace

YAML::Node parse_document(const std::string& text, const std::string& source) {
  try {
    const auto documents = YAML::LoadAll(text);
    if (documents.size() > 1) {
      throw core::UserError({.key = source,
                             .given = fmt::format("{} documents", documents.size()),
                             .allowed = "one YAML document",
                             .place = source,
                             .hint = "Remove the lines that read '---'."});
    }
    return documents.empty() ? YAML::Node() : documents.front();
  } catch (const YAML::Exception& error) {
    throw core::UserError({.key = source,
                           .given = "text that cannot be read",
                           .allowed = "valid YAML",
                           .place = fmt::format("{}:{}", source, error.mark.line + 1),
                           .hint = "The reader says: " + error.msg + "."});
  }
}

Loader::Loader(std::span<const Field> schema) {
  std::set<std::string_view> keys;
  auto patterns = std::make_shared<std::vector<Pattern>>();
  for (const auto& field : schema) {
    RANVIER_CONTRACT(keys.insert(field.key).second,
                     "two fields are called " + std::string(field.key));
    patterns->push_back({&field, split(field.key)});
  }
  patterns_ = std::move(patterns);
}

void Loader::add(const Source& source) {
  keys_of_source_.clear();
  last_source_ = source.name;
  Position root{{}, 0, {}, source.name};
  for (const auto& pattern : *patterns_) root.candidates.push_back(&pattern);
  const YAML::Node document = parse_document(source.yaml, source.name);
  if (!document.IsNull()) walk_map(document, root, source.name);
}

void Loader::add_override(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    throw core::UserError({.key = "--set",
                           .given = "'" + text + "'",
                           .allowed = "KEY=VALUE",
                           .place = {},
                           .hint = "For instance --set hardware.mesh=8."});
  }
  keys_of_source_.clear();
  Position root{{}, 0, {}, "--set"};
  for (const auto& pattern : *patterns_) root.candidates.push_back(&pattern);
  walk(parse_document(text.substr(equals + 1), "--set " + text),
       descend(root, text.substr(0, equals)), {});
}

void Loader::walk(const YAML::Node& node, const Position& at, const std::string& source) {
  const auto leaf = std::ranges::find_if(
      at.candidates, [&](const Pattern* p) { return p->segments.size() == at.depth; });
  if (leaf == at.candidates.end()) {
    if (!node.IsNull()) walk_map(node, at, source);
    return;
  }
  if (!keys_of_source_.insert(at.path).second) {
    throw core::UserError({.key = at.path,
                           .given = "the key a second time",
                           .allowed = "every key once",
                           .place = at.place,
                           .hint = {}});
  }
  given_[at.path] = read(node, *(*leaf)->field, at.path, at.place);
}

/// Items of a list, where the schema has one, as children called 1, 2, ...
void Loader::walk_list(const YAML::Node& node, const Position& at, const std::string& source) {
  int number = 0;
  for (const auto& item : node) {
    Position here = at;
    if (!source.empty()) here.place = fmt::format("{}:{}", source, item.Mark().line + 1);
    walk(item, narrow(here, std::to_string(++number)), source);
  }
}

void Loader::walk_map(const YAML::Node& node, const Position& at, const std::string& source) {
  const bool takes_list = std::ranges::any_of(at.candidates, [&](const Pattern* p) {
    return p->segments.size() > at.depth && p->segments[at.depth] == kAnyItem;
  });
  if (takes_list && node.IsSequence()) {
    walk_list(node, at, source);
    return;
  }
  if (!node.IsMap()) {
    throw core::UserError(
        {.key = at.path.empty() ? source : at.path,
         .given = shown(node),
         .allowed = takes_list ? "a list of mappings, one per item" : "a mapping of keys to values",
         .place = at.place,
         .hint = {}});
  }
  std::set<std::string> seen;
  for (const auto& pair : node) {
    Position here = at;
    if (!source.empty()) here.place = fmt::format("{}:{}", source, pair.first.Mark().line + 1);
    const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : shown(pair.first);
    if (!seen.insert(key).second) {
      throw core::UserError({.key = join(at.path, key),
                             .given = "the key a second time",
                             .allowed = "every key once",
                             .place = here.place,
                             .hint = {}});
    }
    walk(pair.second, descend(here, key), source);
  }
}

Loader::Position Loader::descend(Position at, const std::string& dotted) {
  for (const auto& segment : split(dotted)) at = narrow(at, segment);
  return at;
}

Loader::Position Loader::narrow(const Position& at, const std::string& segment) {
  Position next{join(at.path, segment), at.depth + 1, {}, at.place};
  const auto keep = [&](std::string_view name) {
    for (const auto* pattern : at.candidates) {
      if (pattern->segments.size() > at.depth && pattern->segments[at.depth] == name) {
        next.candidates.push_back(pattern);
      }
    }
    return !next.candidates.empty();
  };
  if (keep(segment) && !is_open(segment)) return next;
  next.candidates.clear();
  const bool item = is_item_name(segment) && keep(kAnyItem);
  if (!item && !keep(kAnyName)) refuse_unknown(at, segment);
  if (!item) check_chosen_name(next.path, segment, at.place);
  auto& names = children_[at.path];
  if (std::ranges::find(names, segment) == names.end()) names.push_back(segment);
  return next;
}

void Loader::refuse_unknown(const Position& at, const std::string& segment) const {
  std::vector<std::string> names;
  for (const auto* pattern : at.candidates) {
    if (pattern->segments.size() <= at.depth) continue;
    const std::string& name = pattern->segments[at.depth];
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  std::string meant = core::nearest_name(segment, names);
  if (!meant.empty()) meant = join(at.path, meant);
  for (const auto& pattern : *patterns_) {
    if (meant.empty() && pattern.segments.back() == segment) meant = pattern.field->key;
  }
  std::string hint = meant.empty() ? "" : "Did you mean " + meant + "?";
  if (names.empty()) hint = at.path + " is a value and has no keys below it.";
  throw core::UserError(
      {.key = join(at.path, segment),
       .given = "an unknown key",
       .allowed = names.empty() ? "" : fmt::format("one of {}", fmt::join(names, ", ")),
       .place = at.place,
       .hint = hint});
}

std::vector<std::string> Loader::expand(const Pattern& pattern, Values& values) const {
  std::vector<std::string> paths{""};
  for (size_t i = 0; i < pattern.segments.size(); ++i) {
    std::vector<std::string> longer;
    for (const auto& path : paths) {
      if (!is_open(pattern.segments[i])) {
        longer.push_back(join(path, pattern.segments[i]));
        continue;
      }
      const auto names = children_.find(path);
      if (names == children_.end()) continue;
      for (const auto& name : names->second) longer.push_back(join(path, name));
    }
    paths = std::move(longer);
    const bool is_group = i + 1 < pattern.segments.size() && is_open(pattern.segments[i]);
    if (is_group) values.order_.insert(values.order_.end(), paths.begin(), paths.end());
  }
  return paths;
}

Loader::Entry Loader::fallback(const Field& field, const std::string& key) const {
  if (field.fallback == kRequired) {
    throw core::UserError({.key = key,
                           .given = "nothing",
                           .allowed = accepted(field),
                           .place = last_source_,
                           .hint = std::string(field.doc)});
  }
  Entry entry;
  entry.kind = field.kind;
  entry.is_null = true;
  if (defaults_) {
    const auto read_before = defaults_->find(&field);
    if (read_before != defaults_->end()) return read_before->second;
  }
  if (!field.fallback.empty()) {
    const YAML::Node node = parse_document(std::string(field.fallback), key + " (default)");
    entry = read(node, field, key, "default");
  }
  entry.origin.place = "default";
  entry.is_default = true;
  return entry;
}

Values Loader::finish() const {
  Values values;
  values.children_ = children_;
  for (const auto& pattern : *patterns_) {
    for (const auto& key : expand(pattern, values)) {
      const auto found = given_.find(key);
      values.entries_[key] = found == given_.end() ? fallback(*pattern.field, key) : found->second;
      values.order_.push_back(key);
    }
  }
  return values;
}

void Loader::read_defaults() {
  auto defaults = std::make_shared<std::map<const Field*, Entry>>();
  for (const auto& pattern : *patterns_) {
    const Field& field = *pattern.field;
    if (field.fallback != kRequired) {
      defaults->emplace(&field, fallback(field, std::string(field.key)));
    }
  }
  defaults_ = std::move(defaults);
}

Values load(std::span<const Source> sources, std::span<const std::string> overrides,
            std::span<const Field> schema) {
  Loader loader(schema);
  for (const auto& source : sources) loader.add(source);
  for (const auto& text : overrides) loader.add_override(text);
  return loader.finish();
}

}  // namespace ranvier::config
