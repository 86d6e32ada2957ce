// config.resolved.yaml: what was used, in a form that loads again.

#include "ranvier/config/field_text.hpp"
#include "ranvier/config/quantity_text.hpp"
#include "ranvier/config/values.hpp"
#include "ranvier/core/file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <regex>

namespace ranvier::config {
namespace {

/// Keys grouped as they nest, in order of first appearance.
struct Node {
  std::string name;
  std::string line;  // of a leaf: everything behind the colon
  std::vector<Node> below;

  Node& child(std::string_view wanted) {
    for (auto& node : below) {
      if (node.name == wanted) return node;
    }
    return below.emplace_back(Node{std::string(wanted), {}, {}});
  }
};

Node& descend(Node& root, std::string_view path) {
  Node* node = &root;
  for (size_t start = 0; start <= path.size();) {
    const size_t end = std::min(path.find('.', start), path.size());
    node = &node->child(path.substr(start, end - start));
    start = end + 1;
  }
  return *node;
}

void print(const Node& node, int depth, std::string& out) {
  for (const auto& child : node.below) {
    const bool is_empty_group = child.line.empty() && child.below.empty();
    out +=
        fmt::format("{:{}}{}:{}\n", "", 2 * depth, child.name, is_empty_group ? " {}" : child.line);
    print(child, depth + 1, out);
  }
}

bool is_plain(const std::string& text) {
  static const std::regex plain(R"([A-Za-z_/][A-Za-z0-9_./()+-]*)");
  static const std::regex reserved("null|true|false|yes|no|on|off|y|n", std::regex::icase);
  return std::regex_match(text, plain) && !std::regex_match(text, reserved);
}

std::string quoted(const std::string& text) {
  if (is_plain(text)) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

std::string Values::entry_text(const Entry& entry) {
  if (entry.is_null) return "null";
  if (is_list(entry.kind)) {
    std::vector<std::string> items;
    for (const auto& item : entry.items) {
      items.push_back(entry.kind == Kind::kTexts ? quoted(item) : item);
    }
    return fmt::format("[{}]", fmt::join(items, ", "));
  }
  if (!is_number(entry.kind)) {
    return entry.kind == Kind::kBoolean ? entry.text : quoted(entry.text);
  }
  if (entry.source.empty()) return entry.text;
  return fmt::format("{{value: {}, min: {}, max: {}, source: {}, seen: {}}}", entry.text,
                     format_quantity(entry.minimum, entry.unit),
                     format_quantity(entry.maximum, entry.unit), quoted(entry.source),
                     quoted(entry.seen));
}

std::string Values::render(bool with_origins) const {
  Node root;
  for (const auto& key : order_) {
    const auto found = entries_.find(key);
    // An absent key stays absent: written as null it would override what another source gives.
    if (found != entries_.end() && found->second.is_null) continue;
    Node& node = descend(root, key);
    if (found == entries_.end()) continue;  // a chosen name: a group of its own
    node.line = fmt::format(" {}", entry_text(found->second));
    if (with_origins) node.line += fmt::format("  # {}", found->second.origin.place);
  }
  std::string out;
  print(root, 0, out);
  return out;
}

std::string Values::to_yaml() const { return render(true); }

uint64_t Values::hash() const { return core::content_hash(render(false)); }

}  // namespace ranvier::config
