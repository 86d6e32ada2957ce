#include "ranvier/report/tradeoff.hpp"

#include "ranvier/report/json_view.hpp"
#include "ranvier/report/page.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

namespace ranvier::report {
namespace {

constexpr double kWidth = 980;  // [pixels], as all lengths here
constexpr double kHeight = 480;
constexpr double kLeft = 62;
constexpr double kRight = 330;  // legend
constexpr double kTop = 40;
constexpr double kBottom = 52;
constexpr double kLegendLine = 17;
constexpr double kLowest = 0.03;  // of the range of quality: room below and above the points

// Spread over which points are told apart; worse ones stand at the edge.
constexpr double kAccuracySpan = 10;  // [points]
constexpr double kBitsSpan = 0.35;    // [bits per byte]

// Colours that stay apart in the common kinds of colour blindness (Okabe and Ito 2008).
constexpr std::array kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};
constexpr std::array kGreys = {"#222222", "#8a8a8a", "#a06a2c", "#5a5a9a",
                               "#999933", "#aa4499", "#117733", "#cc6677"};

struct Mark {
  double x = 0;
  double quality = 0;
  std::string variant;
};

/// Points of one codec and format.
struct Series {
  std::string codec;
  std::string format;
  bool baseline = false;
  const char* colour = "";
  int look = 0;             // of spikes: how often the colours began again
  std::vector<Mark> marks;  // ascending in x
};

struct Plot {
  std::vector<Series> series;
  std::string x;
  std::string quality;  // name of the metric
  bool higher_is_better = true;
  std::optional<double> reference;  // the network without boundaries
  int not_shown = 0;                // points at 0, which a logarithmic axis does not have
};

double number_at(const JsonView& point, const std::string& x) {
  const size_t dot = x.find('.');
  if (dot == std::string::npos) return point.real(x);
  return point.at(x.substr(0, dot)).real(x.substr(dot + 1));
}

std::string name_of(const Series& series) {
  return (series.codec.empty() ? "spiking network" : series.codec) + ", " + series.format;
}

/// The colour names the codec, the shape of the mark the format. Budgets of one codec and format
/// make one curve.
Series& series_of(Plot& plot, const JsonView& point) {
  const std::string& codec = point.text("codec");
  const std::string& format = point.text("format");
  const bool baseline = point.at("baseline").raw().get<bool>();
  std::vector<std::string> codecs;
  for (Series& series : plot.series) {
    if (series.codec == codec && series.format == format) return series;
    const bool is_new = std::ranges::find(codecs, series.codec) == codecs.end();
    if (series.baseline == baseline && is_new) codecs.push_back(series.codec);
  }
  const auto at = static_cast<size_t>(std::ranges::find(codecs, codec) - codecs.begin());
  const char* colour = baseline ? kGreys[at % kGreys.size()] : kColours[at % kColours.size()];
  const auto look = static_cast<int>(at / kColours.size());
  plot.series.push_back({codec, format, baseline, colour, look, {}});
  return plot.series.back();
}

Plot read_plot(const std::string& text, const std::string& x) {
  const JsonView root = JsonView::parse(text, "points.json", "");
  Plot plot;
  plot.x = x;
  plot.quality = root.text("metric");
  plot.higher_is_better = plot.quality != "bits_per_byte";
  const auto points = root.at("points").elements();
  if (points.empty()) root.at("points").refuse("none", "at least one point");
  for (const JsonView& point : points) {
    const double at = number_at(point, x);
    if (at < 0) point.refuse(fmt::format("{} = {}", x, at), "0 or more");
    if (at == 0) {
      ++plot.not_shown;
      continue;
    }
    series_of(plot, point).marks.push_back({at, point.real(plot.quality), point.text("variant")});
  }
  if (plot.series.empty()) root.at("points").refuse(x + " 0 everywhere", "a point above 0");
  const std::string reference = "reference_" + plot.quality + "_float";
  if (points.front().has(reference)) plot.reference = points.front().real(reference);
  for (Series& series : plot.series) std::ranges::sort(series.marks, {}, &Mark::x);
  return plot;
}

/// Numbers to pixels.
class Scale {
 public:
  explicit Scale(const Plot& plot) {
    low_x_ = 1e300;
    high_x_ = 0;
    double best = plot.reference.value_or(plot.series.front().marks.front().quality);
    double worst = best;
    const double sign = plot.higher_is_better ? 1 : -1;
    for (const Series& series : plot.series) {
      for (const Mark& mark : series.marks) {
        low_x_ = std::min(low_x_, mark.x);
        high_x_ = std::max(high_x_, mark.x);
        best = sign * std::max(sign * best, sign * mark.quality);
        worst = sign * std::min(sign * worst, sign * mark.quality);
      }
    }
    const double span = plot.higher_is_better ? kAccuracySpan : kBitsSpan;
    worst = sign * std::max(sign * worst, sign * best - span);
    const double room = kLowest * std::max(std::abs(best - worst), span / 20);
    best_ = best + sign * room;
    worst_ = worst - sign * room;
    low_x_ /= 1.15;
    high_x_ *= 1.15;
  }

  double x(double value) const {
    const double share = std::log(value / low_x_) / std::log(high_x_ / low_x_);
    return kLeft + share * (kWidth - kLeft - kRight);
  }
  double y(double quality) const {
    const double share = (quality - worst_) / (best_ - worst_);
    return kHeight - kBottom - share * (kHeight - kTop - kBottom);
  }
  bool is_below(double quality) const { return y(quality) > kHeight - kBottom; }
  double low_x() const { return low_x_; }
  double high_x() const { return high_x_; }
  double low_quality() const { return std::min(best_, worst_); }
  double high_quality() const { return std::max(best_, worst_); }

 private:
  double low_x_, high_x_, best_ = 0, worst_ = 0;
};

std::string text_at(double x, double y, const std::string& text, const std::string& style) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, style,
                     escape_html(text));
}

std::string line(double x0, double y0, double x1, double y1, const std::string& style) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n", x0, y0,
                     x1, y1, style);
}

constexpr const char* kMiddle = "text-anchor=\"middle\"";
constexpr const char* kEnd = "text-anchor=\"end\"";
constexpr const char* kGrid = "stroke=\"#e4e4e4\"";

/// 1, 2 and 5 in every decade.
std::string x_axis(const Plot& plot, const Scale& scale) {
  std::string svg;
  for (double decade = std::pow(10, std::floor(std::log10(scale.low_x())));
       decade <= scale.high_x(); decade *= 10) {
    for (const double tick : {decade, 2 * decade, 5 * decade}) {
      if (tick < scale.low_x() || tick > scale.high_x()) continue;
      const double at = scale.x(tick);
      svg += line(at, kTop, at, kHeight - kBottom, kGrid);
      svg += text_at(at, kHeight - kBottom + 17, fmt::format("{:.6g}", tick), kMiddle);
    }
  }
  static const std::map<std::string, std::string> names{
      {"b", "b: bits on the wire per boundary activation"},
      {"events_per_neuron", "events per boundary neuron (dense: values that are not 0)"}};
  std::string name = names.contains(plot.x) ? names.at(plot.x) : plot.x;
  if (const size_t dot = name.find('.'); dot != std::string::npos && !names.contains(plot.x)) {
    const bool is_energy = name.starts_with("energy");
    name = fmt::format("{} of one inference under {}", is_energy ? "energy [uJ]" : "latency [us]",
                       name.substr(dot + 1));
  }
  if (plot.not_shown > 0) name += fmt::format("; {} at 0 not shown", plot.not_shown);
  return svg + text_at((kLeft + kWidth - kRight) / 2, kHeight - 12, name, kMiddle);
}

std::string y_axis(const Plot& plot, const Scale& scale) {
  const double range = scale.high_quality() - scale.low_quality();
  const double rough = range / 6;
  const double decade = std::pow(10, std::floor(std::log10(rough)));
  const double step = decade * (rough / decade < 2 ? 2 : rough / decade < 5 ? 5 : 10);
  std::string svg;
  for (double tick = std::ceil(scale.low_quality() / step) * step; tick <= scale.high_quality();
       tick += step) {
    svg += line(kLeft, scale.y(tick), kWidth - kRight, scale.y(tick), kGrid);
    svg += text_at(kLeft - 7, scale.y(tick) + 4, fmt::format("{:.6g}", tick), kEnd);
  }
  const double middle = (kTop + kHeight - kBottom) / 2;
  const std::string name = plot.higher_is_better
                               ? "accuracy [%], deployed integers"
                               : "bits per byte, deployed integers (lower is better: up)";
  return svg + fmt::format(
                   "<text x=\"16\" y=\"{0:.1f}\" {1} transform=\"rotate(-90 16 {0:.1f})\">{2}"
                   "</text>\n",
                   middle, kMiddle, name);
}

std::string reference_line(const Plot& plot, const Scale& scale) {
  if (!plot.reference) return {};
  const double y = scale.y(*plot.reference);
  return line(kLeft, y, kWidth - kRight, y, "stroke=\"#222222\" stroke-dasharray=\"6 4\"") +
         text_at(kWidth - kRight - 4, y - 5, "no boundary, as floats", kEnd);
}

/// Spikes: a disc, a ring, or a disc with an edge. Baselines: a diamond for rans, a square for
/// burst, a triangle for the others.
std::string symbol(const Series& series, double x, double y) {
  if (!series.baseline) {
    return fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\" stroke=\"{}\" "
        "stroke-width=\"2\"/>\n",
        x, y, series.look % 3 == 1 ? "#ffffff" : series.colour,
        series.look % 3 == 2 ? "#222222" : series.colour);
  }
  const char* corners = series.format == "rans"    ? "m0,-6 l6,6 l-6,6 l-6,-6 z"
                        : series.format == "burst" ? "m-4,-4 h8 v8 h-8 z"
                                                   : "m0,-5 l5,9 h-10 z";
  return fmt::format(
      "<path d=\"M{:.1f},{:.1f} {}\" fill=\"#ffffff\" stroke=\"{}\" "
      "stroke-width=\"2\"/>\n",
      x, y, corners, series.colour);
}

std::string curve(const Series& series, const Scale& scale) {
  std::string path;
  std::string marks;
  for (const Mark& mark : series.marks) {
    const double x = scale.x(mark.x);
    const double y = std::min(scale.y(mark.quality), kHeight - kBottom);
    path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", x, y);
    marks += fmt::format("<g><title>{}: {:.4g}, {:.6g}</title>\n{}</g>\n",
                         escape_html(mark.variant), mark.x, mark.quality, symbol(series, x, y));
    if (!scale.is_below(mark.quality)) continue;
    marks += text_at(x, y - 8, fmt::format("{:.4g} \u2193", mark.quality), kMiddle);
  }
  if (series.marks.size() < 2) return marks;
  return fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"/>\n",
                     path, series.colour) +
         marks;
}

struct Legend {
  std::string svg;
  double end = kTop + 8;
};

Legend legend(const Plot& plot) {
  Legend names;
  auto& [svg, y] = names;
  for (const bool baseline : {false, true}) {
    svg += text_at(kWidth - kRight + 14, y + 4, baseline ? "baselines" : "spikes",
                   "font-weight=\"bold\"");
    y += kLegendLine;
    for (const Series& series : plot.series) {
      if (series.baseline != baseline) continue;
      svg += symbol(series, kWidth - kRight + 20, y);
      svg += text_at(kWidth - kRight + 32, y + 4, name_of(series), "");
      y += kLegendLine;
    }
    if (!baseline) y += kLegendLine / 2;
  }
  return names;
}

}  // namespace

std::string tradeoff_svg(const std::string& points, const std::string& x,
                         const std::string& title) {
  const Plot plot = read_plot(points, x);
  const Scale scale(plot);
  const Legend names = legend(plot);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} "
      "{1}\" "
      "font-family=\"sans-serif\" font-size=\"12\" fill=\"#222222\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
      kWidth, std::max(kHeight, names.end));
  svg += text_at(kLeft, 22, title, "font-size=\"15\" font-weight=\"bold\"");
  svg += x_axis(plot, scale) + y_axis(plot, scale) + reference_line(plot, scale);
  for (const bool baseline : {true, false}) {
    for (const Series& series : plot.series) {
      if (series.baseline == baseline) svg += curve(series, scale);
    }
  }
  return svg + names.svg + "</svg>\n";
}

}  // namespace ranvier::report
