#pragma once

#include <cstddef>
#include <cstdint>

// What a template may use, so that a hostile one ends with a message.
namespace lcr::chat {

// Nested expressions and blocks of a template.
inline constexpr int kDeepestTree = 200;
// Operators and filters that follow each other make a tree of that height.
inline constexpr uint32_t kTallestExpression = 1000;
// Expressions that are evaluated at once, those of macros that call each other included.
inline constexpr int kDeepestEvaluation = 1500;
// Macros that call each other.
inline constexpr int kDeepestCall = 60;
// Nested lists and dicts.
inline constexpr uint32_t kDeepestValue = 500;
// Nodes evaluated, items of loops and lists included; and bytes of all texts made while one conversation is rendered.
// Fuzzers look for what breaks, not for what takes long.
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
inline constexpr int64_t kMostSteps = 100'000;
inline constexpr int64_t kMostBytes = int64_t{1} << 24;
#else
inline constexpr int64_t kMostSteps = 10'000'000;
inline constexpr int64_t kMostBytes = int64_t{1} << 30;
#endif
// Numbers of a range, as in the sandbox of the reference engine.
inline constexpr int64_t kLongestRange = 100'000;
inline constexpr size_t kLongestTemplate = size_t{4} << 20;

}  // namespace lcr::chat
