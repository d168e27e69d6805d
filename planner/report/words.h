#pragma once

#include <string>
#include <vector>

#include "planner/report/report.h"

namespace lcr {

// Groups of a budget that a report lists.
inline constexpr size_t most_groups = 20;

// A line of the table of predictions.
struct Comparison {
  std::string what, predicted, actual, difference;
};
std::vector<Comparison> comparisons(const RunReport& report);

// Where seconds went, for what was told of it.
struct SpentRow {
  std::string what, seconds, share;
};
struct SpentTable {
  std::string title;
  std::vector<SpentRow> rows;
};
std::vector<SpentTable> spent_tables(const RunReport& report);

// A line of the table of facts at the top.
using Fact = std::pair<std::string, std::string>;
std::vector<Fact> facts(const RunReport& report);

// "after", "after, 2 exports"
std::string after_words(const RunReport& report);
std::string error_words(double error);               // "0.0412"
std::string decibel_words(const ModuleMetric& metric);  // "27.7 dB", "exact"

// A scale of a cache; empty for caches whose scales come at run time.
std::string scale_words(const CacheRow& row, double scale);

// "0-3, 7" of the places where something holds.
std::string ranges(const std::vector<int64_t>& numbers);

// Of one layer over all of its modules.
struct LayerError {
  std::string name;  // "layers.3"
  double largest = 0, mean = 0;
  int64_t modules = 0;
};
std::vector<LayerError> layer_errors(const RunReport& report);

// "52.31 %", or "25.00 %: 1, 4, 7".
std::string removed_words(const PrunedLayer& layer);

}  // namespace lcr
