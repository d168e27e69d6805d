#pragma once

#include <cstdint>
#include <string>
#include <vector>

// How the budget of a recipe was spent: what was to be chosen, what it would have cost, and why it was chosen. It decides no
// byte that the rest of a plan does not say; people read it, and a run that goes on takes the scores from it.
namespace lcr {

// What rounding a group of modules to one candidate takes from the model, by a measure that adds up over groups: less is
// better, and 0 is the model itself.
struct GroupScores {
  std::string name;
  std::vector<double> of_candidates;  // in the order of the rule's list
  bool operator==(const GroupScores&) const = default;
};

struct Scores {
  std::string measure;   // error, hessian, kl
  int64_t samples = 0;   // rows of the calibration data; 0: all, or none are read
  // What they were measured from: groups, candidates and settings; headers of the checkpoint; files of data (0: none).
  uint64_t request = 0, model = 0, data = 0;
  std::vector<GroupScores> groups;
  bool operator==(const Scores&) const = default;
};

// One limit of the budget: bits a weight, bytes or nats.
struct SpentLimit {
  std::string what, over;  // weights, active, size, kl; the selection as the recipe spells it
  double limit = 0, used = 0, lowest = 0, highest = 0;  // of all choices
  bool operator==(const SpentLimit&) const = default;
};

struct AllocatedGroup {
  std::string name;
  int64_t modules = 0, parameters = 0;
  uint32_t chosen = 0;                   // candidate
  std::vector<std::string> candidates;   // names
  std::vector<int64_t> bytes;            // of the group in the files, by candidate
  std::vector<double> scores;
  bool operator==(const AllocatedGroup&) const = default;
};

// The least score that each value of the first limit allows.
struct FrontierPoint {
  double limit = 0, score = 0;
  bool operator==(const FrontierPoint&) const = default;
};

struct PlannedAllocation {
  std::string measure;
  int64_t samples = 0;
  uint64_t request = 0, model = 0, data = 0;
  double score = 0;  // of the choice
  std::vector<SpentLimit> limits;
  std::vector<FrontierPoint> frontier;  // by limit
  // What a little more of the first limit would buy: its step (0.1 bits a weight, a hundredth of the bytes), and the
  // score that would be left.
  FrontierPoint next;
  std::vector<AllocatedGroup> groups;
  bool operator==(const PlannedAllocation&) const = default;
};

// The scores that a plan was made with.
Scores scores_of(const PlannedAllocation& allocation);

}  // namespace lcr
