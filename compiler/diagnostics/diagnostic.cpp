#include "compiler/diagnostics/diagnostic.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <tuple>

namespace lcr {

Diagnostic& Diagnostic::label(Span span, std::string text) {
  labels.push_back({span, std::move(text), false});
  return *this;
}

Diagnostic& Diagnostic::note(std::string text) {
  notes.push_back(std::move(text));
  return *this;
}

Diagnostic& Diagnostic::help(std::string text) {
  helps.push_back(std::move(text));
  return *this;
}

Diagnostic& Diagnostic::fix(Fix fix) {
  fixes.push_back(std::move(fix));
  return *this;
}

Diagnostic& Diagnostic::with(std::string key, Datum value) {
  data.emplace_back(std::move(key), std::move(value));
  return *this;
}

Span Diagnostic::span() const {
  for (const Label& label : labels) {
    if (label.primary) return label.span;
  }
  return {};
}

Diagnostic& Diagnostics::report(Code code, Span primary, std::string message, std::string label) {
  Diagnostic& diagnostic = report(code, std::move(message));
  diagnostic.labels.push_back({primary, std::move(label), true});
  return diagnostic;
}

Diagnostic& Diagnostics::report(Code code, std::string message) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.severity = info(code).severity;
  diagnostic.message = std::move(message);
  if (diagnostic.severity == Severity::Error) ++errors_;
  items_.push_back(std::move(diagnostic));
  return items_.back();
}

void Diagnostics::append(Diagnostics other) {
  errors_ += other.errors_;
  std::move(other.items_.begin(), other.items_.end(), std::back_inserter(items_));
}

std::vector<const Diagnostic*> Diagnostics::sorted() const {
  std::vector<const Diagnostic*> result;
  for (const Diagnostic& item : items_) result.push_back(&item);
  std::stable_sort(result.begin(), result.end(), [](const Diagnostic* a, const Diagnostic* b) {
    Span x = a->span(), y = b->span();
    return std::tie(x.file, x.begin, x.end) < std::tie(y.file, y.begin, y.end);
  });
  return result;
}

namespace {

// Damerau-Levenshtein (optimal string alignment) distance.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t change = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = word.size() / 3 + 1;
  for (const std::string& candidate : candidates) {
    // Lengths alone may already exclude a candidate.
    size_t gap = candidate.size() > word.size() ? candidate.size() - word.size() : word.size() - candidate.size();
    if (gap > best_distance) continue;
    size_t distance = edit_distance(word, candidate);
    if (distance < best_distance || (distance == best_distance && best.empty())) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::vector<std::string> nearest_few(std::string_view word, const std::vector<std::string>& candidates, size_t count) {
  std::vector<std::pair<size_t, size_t>> ranked;
  for (size_t i = 0; i < candidates.size(); ++i) ranked.emplace_back(edit_distance(word, candidates[i]), i);
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> result;
  for (size_t i = 0; i < ranked.size() && i < count; ++i) result.push_back(candidates[ranked[i].second]);
  return result;
}

}  // namespace lcr
