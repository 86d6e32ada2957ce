// `ranvier compare DIR...`: the variants of finished runs in one table.

#include "ranvier/app/commands.hpp"
#include "ranvier/app/summary_table.hpp"
#include "ranvier/app/table.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>

namespace ranvier::app {

void attach_compare(CLI::App& app, const Common& common, std::function<void()>& action) {
  auto directories = std::make_shared<std::vector<std::string>>();
  app.add_option("DIR", *directories, "run directories (each holds a summary.json)")->required();
  app.callback([directories, &common, &action] {
    action = [directories, &common] {
      auto all = nlohmann::ordered_json::object();
      std::string text;
      for (const auto& directory : *directories) {
        const auto summary = read_summary(directory);
        all[directory] = summary;
        if (!text.empty()) text += "\n";
        text += directory + "\n" + summary_table(summary) + "\n" + ratio_table(summary);
      }
      if (common.json) {
        fmt::print("{}\n", all.dump(2));
      } else {
        fmt::print("{}", text);
      }
    };
  });
}

}  // namespace ranvier::app
