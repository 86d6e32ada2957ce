#pragma once
// Merges layers of YAML into Values. Private to config/.

#include "ranvier/config/values.hpp"

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace YAML {
class Node;
}

namespace ranvier::config {

/// One load: add sources lowest priority first, then overrides, then finish.
class Loader {
 public:
  explicit Loader(std::span<const Field> schema);
  void add(const Source& source);
  void add_override(const std::string& text);
  Values finish() const;
  /// Reads every default once, for many copies of this loader.
  void read_defaults();

 private:
  using Entry = Values::Entry;
  /// A field with its key cut at the dots.
  struct Pattern {
    const Field* field = nullptr;
    std::vector<std::string> segments;
  };
  using Candidates = std::vector<const Pattern*>;
  /// A place in the input: the key so far, and the fields that start with it.
  struct Position {
    std::string path;
    size_t depth = 0;
    Candidates candidates;
    std::string place;
  };

  void walk(const YAML::Node& node, const Position& at, const std::string& source);
  void walk_list(const YAML::Node& node, const Position& at, const std::string& source);
  void walk_map(const YAML::Node& node, const Position& at, const std::string& source);
  Position descend(Position at, const std::string& dotted);
  Position narrow(const Position& at, const std::string& segment);
  [[noreturn]] void refuse_unknown(const Position& at, const std::string& segment) const;
  std::vector<std::string> expand(const Pattern& pattern, Values& values) const;
  Entry fallback(const Field& field, const std::string& key) const;

  std::shared_ptr<const std::vector<Pattern>> patterns_;  // the same for every copy
  std::shared_ptr<const std::map<const Field*, Entry>> defaults_;
  std::map<std::string, Entry, std::less<>> given_;
  std::map<std::string, std::vector<std::string>, std::less<>> children_;
  std::set<std::string> keys_of_source_;
  std::string last_source_;

  // loader_values.cpp: one YAML value -> one checked entry.
  static Entry read(const YAML::Node& node, const Field& field, const std::string& key,
                    const std::string& place);
  static void read_number(const YAML::Node& node, const Field& field, const std::string& key,
                          Entry& entry);
  static void read_constant(const YAML::Node& node, const Field& field, const std::string& key,
                            Entry& entry);
  static void read_list(const YAML::Node& node, const Field& field, const std::string& key,
                        Entry& entry);
  static void read_scalar(const YAML::Node& node, const Field& field, const std::string& key,
                          Entry& entry);
};

/// Reads one YAML document. Errors: UserError with the line for bad syntax or several documents.
YAML::Node parse_document(const std::string& text, const std::string& source);

/// The value as a message shows it.
std::string shown(const YAML::Node& node);

}  // namespace ranvier::config
