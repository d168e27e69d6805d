#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/language/format.h"
#include "planner/plan/plan.h"

// The words that a plan file uses for enumerations: one table each, for writing and for reading.
namespace lcr::plan_words {

template <class Value>
using Words = std::vector<std::pair<std::string_view, Value>>;

inline const Words<Element> elements{{"int", Element::Int}, {"fp4", Element::Fp4}, {"fp8", Element::Fp8}};
inline const Words<Per> areas{{"tensor", Per::Tensor}, {"channel", Per::Channel}, {"token", Per::Token},
                              {"head", Per::Head},     {"group", Per::Group},     {"block", Per::Block}};
inline const Words<ScaleType> scales{{"model", ScaleType::Model}, {"e4m3", ScaleType::E4M3}, {"e8m0", ScaleType::E8M0},
                                     {"f32", ScaleType::F32},     {"bf16", ScaleType::BF16}, {"f16", ScaleType::F16}};
inline const Words<Container> containers{
    {"none", Container::None}, {"packed", Container::Packed}, {"bytes", Container::Bytes}};
inline const Words<PlaceKind> places{
    {"host", PlaceKind::Host}, {"device", PlaceKind::Device}, {"disk", PlaceKind::Disk}};
inline const Words<Folding> foldings{{"columns", Folding::Columns}, {"rows", Folding::Rows}};
inline const Words<OperationKind> operations{{"read", OperationKind::Read},   {"decode", OperationKind::Decode},
                                             {"solve", OperationKind::Solve}, {"pack", OperationKind::Pack},
                                             {"copy", OperationKind::Copy},   {"move", OperationKind::Move},
                                             {"write", OperationKind::Write}, {"free", OperationKind::Free}};

template <class Value>
std::string word(const Words<Value>& words, Value value) {
  for (const auto& [name, known] : words)
    if (known == value) return std::string(name);
  return {};
}

}  // namespace lcr::plan_words
