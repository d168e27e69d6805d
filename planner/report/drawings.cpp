#include "planner/report/drawings.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "planner/plan/allocation_text.h"
#include "planner/plan/size_text.h"
#include "planner/report/words.h"

namespace lcr {
namespace {

constexpr double label_width = 260;
constexpr double row_height = 18;
constexpr double drawing_width = 940;

// Blue for few bits over grey for many: a step of the same size for each half.
std::string bits_color(double bits) {
  const double strength = std::clamp(1 - std::log2(std::max(bits, 1.0)) / 4, 0.0, 1.0);
  return fmt::format("hsl(215 {:.0f}% {:.0f}%)", 20 + 60 * strength, 86 - 56 * strength);
}

// From yellow to red over the decades 0.001 to 0.3.
std::string error_color(double error) {
  const double share = std::clamp((std::log10(std::max(error, 1e-6)) + 3) / 2.5, 0.0, 1.0);
  return fmt::format("hsl({:.0f} {:.0f}% {:.0f}%)", 55 - 50 * share, 60 + 20 * share, 78 - 34 * share);
}

std::string text(double x, double y, std::string_view anchor, std::string_view words) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y, anchor, escaped(words));
}

std::string open(double height, std::string_view title) {
  return fmt::format("<svg viewBox=\"0 0 {} {:.0f}\" role=\"img\" aria-label=\"{}\">\n", drawing_width, height,
                     escaped(title));
}

// `cell` gives colour and words of a place; an empty colour leaves it out.
template <class Cell>
std::string grid(const PrecisionMap& map, std::string_view title, Cell cell) {
  const double width =
      std::min(40.0, (drawing_width - label_width) / static_cast<double>(std::max<size_t>(1, map.layers.size())));
  std::string svg = open(row_height * static_cast<double>(map.rows.size()) + 24, title);
  for (size_t r = 0; r < map.rows.size(); ++r) {
    const MapRow& row = map.rows[r];
    const double y = row_height * static_cast<double>(r);
    svg += text(label_width - 8, y + 13, "end", row.name) + "\n";
    for (size_t l = 0; l < map.layers.size(); ++l) {
      const auto [color, words] = cell(row, l);
      if (color.empty()) continue;
      const std::string where = map.layers[l] < 0 ? row.name : fmt::format("layer {}, {}", map.layers[l], row.name);
      svg += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"><title>{}: {}</title></rect>",
          label_width + width * static_cast<double>(l), y + 1, std::max(1.0, width - 1), row_height - 2, color,
          escaped(where), escaped(words));
    }
    svg += "\n";
  }
  const double bottom = row_height * static_cast<double>(map.rows.size()) + 15;
  const size_t step = std::max<size_t>(1, map.layers.size() / 16);
  for (size_t l = 0; l < map.layers.size(); l += step)
    if (map.layers[l] >= 0)
      svg += text(label_width + width * (static_cast<double>(l) + 0.5), bottom, "middle",
                  fmt::format("{}", map.layers[l]));
  return svg + "\n</svg>\n";
}

// Squares with words beside them.
std::string legend(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string svg = open(20, "legend");
  double x = label_width;
  for (const auto& [color, words] : entries) {
    svg += fmt::format("<rect x=\"{:.1f}\" y=\"3\" width=\"12\" height=\"12\" fill=\"{}\"/>", x, color) +
           text(x + 17, 13, "start", words);
    x += 34 + 7.0 * static_cast<double>(words.size());
  }
  return svg + "\n</svg>\n";
}

}  // namespace

std::string bits_legend(const RunReport& report) {
  std::map<double, std::vector<std::string>> names;
  for (const PrecisionMap& map : report.maps)
    for (const MapRow& row : map.rows)
      for (size_t l = 0; l < row.bits.size(); ++l) {
        std::vector<std::string>& known = names[row.bits[l]];
        if (row.bits[l] > 0 && std::find(known.begin(), known.end(), row.precisions[l]) == known.end())
          known.push_back(row.precisions[l]);
      }
  names.erase(0);
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto& [bits, known] : names)
    entries.emplace_back(bits_color(bits), fmt::format("{}: {}", bits, fmt::join(known, ", ")));
  return legend(entries);
}

std::string errors_legend() {
  std::vector<std::pair<std::string, std::string>> entries;
  for (double error : {0.001, 0.003, 0.01, 0.03, 0.1, 0.3})
    entries.emplace_back(error_color(error), fmt::format("{}", error));
  return legend(entries);
}

std::string escaped(std::string_view text) {
  std::string result;
  for (char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default: result += c;
    }
  }
  return result;
}

std::string bits_drawing(const PrecisionMap& map) {
  return grid(map, "precision of modules over layers", [](const MapRow& row, size_t l) {
    return row.bits[l] <= 0 ? std::pair<std::string, std::string>()
                            : std::make_pair(bits_color(row.bits[l]), row.precisions[l]);
  });
}

std::string errors_drawing(const PrecisionMap& map) {
  const bool any = std::any_of(map.rows.begin(), map.rows.end(), [](const MapRow& row) {
    return *std::max_element(row.errors.begin(), row.errors.end()) >= 0;
  });
  if (!any) return {};
  return grid(map, "relative error of modules over layers", [](const MapRow& row, size_t l) {
    return row.errors[l] < 0
               ? std::pair<std::string, std::string>()
               : std::make_pair(error_color(row.errors[l]), "relative error " + error_words(row.errors[l]));
  });
}

std::string layers_drawing(const RunReport& report) {
  const std::vector<LayerError> layers = layer_errors(report);
  if (layers.empty()) return {};
  constexpr double height = 240, left = 60, top = 14, bottom = 200;
  double most = 0;
  for (const LayerError& layer : layers) most = std::max(most, layer.largest);
  most = most > 0 ? most * 1.1 : 1;
  const double step = (drawing_width - left - 20) / static_cast<double>(layers.size());
  const auto y_of = [&](double error) { return bottom - (bottom - top) * error / most; };
  std::string svg = open(height, "largest and mean relative error of each layer");
  for (int tick = 0; tick <= 4; ++tick) {
    const double error = most * tick / 4;
    svg += fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", left,
                       drawing_width - 20, y_of(error), y_of(error));
    svg += text(left - 6, y_of(error) + 4, "end", fmt::format("{:.3f}", error)) + "\n";
  }
  const double width = std::min(22.0, step * 0.7);
  for (size_t l = 0; l < layers.size(); ++l) {
    const LayerError& layer = layers[l];
    const double x = left + step * (static_cast<double>(l) + 0.5);
    const std::string words = fmt::format("{}: largest {}, mean {} of {}", layer.name, error_words(layer.largest),
                                          error_words(layer.mean), layer.modules);
    svg += fmt::format(
        "<g><title>{}</title><rect class=\"largest\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>",
        escaped(words), x - width / 2, y_of(layer.largest), width, bottom - y_of(layer.largest));
    svg += fmt::format("<line class=\"mean\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/></g>\n",
                       x - width / 2 - 2, x + width / 2 + 2, y_of(layer.mean), y_of(layer.mean));
    const size_t every = std::max<size_t>(1, layers.size() / 16);
    const size_t dot = layer.name.rfind('.');
    if (l % every == 0)
      svg += text(x, bottom + 16, "middle",
                  dot == std::string::npos ? (layers.size() > 8 ? "–" : layer.name) : layer.name.substr(dot + 1));
  }
  return svg + text(left, height - 6, "start", "layer; bar: largest error of a module, line: mean") + "\n</svg>\n";
}

std::string memory_drawing(const RunReport& report) {
  if (report.memory.size() < 2) return {};
  constexpr double height = 220, left = 80, top = 14, bottom = 180, right = drawing_width - 20;
  int64_t most = report.predicted.host_peak;
  for (const MemoryPoint& point : report.memory) most = std::max(most, point.host);
  most = std::max<int64_t>(most + most / 10, 1);
  const double seconds = std::max(report.memory.back().seconds, 1e-3);
  const auto x_of = [&](double at) { return left + (right - left) * at / seconds; };
  const auto y_of = [&](int64_t bytes) {
    return bottom - (bottom - top) * static_cast<double>(bytes) / static_cast<double>(most);
  };
  std::string svg = open(height, "memory over time, and the predicted peak");
  for (int tick = 0; tick <= 4; ++tick) {
    const double y = y_of(most * tick / 4);
    svg += fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", left, right, y, y);
    svg += text(left - 6, y + 4, "end", size_text(most * tick / 4));
    svg += text(x_of(seconds * tick / 4), bottom + 16, tick == 4 ? "end" : "middle", time_text(seconds * tick / 4)) + "\n";
  }
  std::string line;
  for (const MemoryPoint& point : report.memory) line += fmt::format(" {:.1f},{:.1f}", x_of(point.seconds), y_of(point.host));
  svg += fmt::format("<polygon class=\"held\" points=\"{:.1f},{}{} {:.1f},{}\"/>", x_of(report.memory.front().seconds), bottom,
                     line, x_of(seconds), bottom);
  svg += fmt::format("<polyline class=\"now\" points=\"{}\"/>\n", line.substr(1));
  for (const MemoryPoint& point : report.memory)
    svg += fmt::format("<circle class=\"now\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2\"><title>{} at {}</title></circle>",
                       x_of(point.seconds), y_of(point.host), size_text(point.host), time_text(point.seconds));
  const double peak = y_of(report.predicted.host_peak);
  svg += fmt::format("\n<line class=\"mean planned\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", left, right, peak, peak);
  return svg + text(right, peak - 5, "end", "predicted peak " + size_text(report.predicted.host_peak)) +
         text(left, height - 6, "start", "what the process held when it told something; programs and libraries included") +
         "\n</svg>\n";
}

std::string frontier_drawing(const PlannedAllocation& allocation) {
  if (allocation.frontier.size() < 2 || allocation.limits.empty()) return {};
  constexpr double height = 220, left = 80, top = 14, bottom = 180, right = drawing_width - 40;
  const SpentLimit& limit = allocation.limits.front();
  const double low = allocation.frontier.front().limit, high = std::max(allocation.frontier.back().limit, low + 1e-9);
  const double most = std::max(allocation.frontier.front().score, 1e-30);
  const auto x_of = [&](double at) { return left + (right - left) * (at - low) / (high - low); };
  const auto y_of = [&](double score) { return bottom - (bottom - top) * std::clamp(score / most, 0.0, 1.0); };
  std::string svg = open(height, "least loss over what is allowed");
  for (int tick = 0; tick <= 4; ++tick) {
    const double score = most * tick / 4, at = low + (high - low) * tick / 4;
    svg += fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", left, right, y_of(score), y_of(score));
    svg += text(left - 6, y_of(score) + 4, "end", fmt::format("{:.3g}", score));
    svg += text(x_of(at), bottom + 16, "middle", limit_text(limit, at)) + "\n";
  }
  std::string line;
  for (const FrontierPoint& point : allocation.frontier) line += fmt::format(" {:.1f},{:.1f}", x_of(point.limit), y_of(point.score));
  svg += fmt::format("<polyline class=\"now\" points=\"{}\"/>\n", line.substr(1));
  for (const FrontierPoint& point : allocation.frontier)
    svg += fmt::format("<circle class=\"now\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2\"><title>{}: {:.4g}</title></circle>", x_of(point.limit),
                       y_of(point.score), limit_text(limit, point.limit), point.score);
  const double x = x_of(std::clamp(limit.used, low, high));
  svg += fmt::format("\n<line class=\"mean planned\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/>", x, x, top, bottom);
  return svg + text(left, height - 6, "start", "dashed: what was chosen") + "\n</svg>\n";
}

std::string size_drawing(const RunReport& report) {
  const double most = static_cast<double>(std::max<int64_t>({report.size_before, report.size_after, 1}));
  constexpr double left = 60, height = 76;
  std::string svg = open(height, "bytes before and after");
  for (int side = 0; side < 2; ++side) {
    double x = left;
    const double y = 6 + 34 * side;
    svg += text(left - 8, y + 17, "end", side == 0 ? "before" : "after");
    for (size_t r = 0; r < report.sizes.size(); ++r) {
      const SizeRow& row = report.sizes[r];
      const int64_t bytes = side == 0 ? row.before : row.after;
      const double width = (drawing_width - left - 90) * static_cast<double>(bytes) / most;
      svg += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"24\" class=\"part{}\"><title>{}: {}</title></rect>", x,
          y, std::max(width, 0.0), r % 6, escaped(row.precision), size_text(bytes));
      if (width > 70)
        svg += fmt::format("<text class=\"on\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>",
                           x + width / 2, y + 16, escaped(row.precision));
      x += width;
    }
    svg += text(x + 8, y + 17, "start", size_text(side == 0 ? report.size_before : report.size_after)) + "\n";
  }
  return svg + "</svg>\n";
}

}  // namespace lcr
