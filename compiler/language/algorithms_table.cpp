#include "compiler/language/algorithms.h"

namespace lcr {
namespace {

constexpr double none = -1;  // no upper limit

constexpr ParameterInfo ratio(std::string_view name, Absent absent, std::string_view fallback, double low, double high,
                              bool above_low, std::string_view doc) {
  return {name, ParameterType::Ratio, absent, fallback, low, high, above_low, {}, doc};
}
constexpr ParameterInfo count(std::string_view name, Absent absent, std::string_view fallback, double low, double high,
                              std::string_view doc) {
  return {name, ParameterType::Count, absent, fallback, low, high, false, {}, doc};
}
constexpr ParameterInfo word(std::string_view name, Absent absent, std::string_view fallback,
                             std::span<const WordInfo> words, std::string_view doc) {
  return {name, ParameterType::Word, absent, fallback, 0, none, false, words, doc};
}
constexpr ParameterInfo list(std::string_view name, std::span<const WordInfo> words, std::string_view doc) {
  return {name, ParameterType::Words, Absent::Refused, "", 0, none, false, words, doc};
}
constexpr ParameterInfo seed(Absent absent) {
  return {"seed", ParameterType::Seed, absent, "", 0, 9007199254740992.0, false, {}, "start of the random sequence"};
}
constexpr ParameterInfo observer(std::string_view name, std::string_view fallback, std::string_view doc,
                                 std::string_view behind_awq = {}) {
  return {name, ParameterType::Observer, Absent::Default, fallback, 0, none, false, {}, doc, false, behind_awq};
}
constexpr ParameterInfo through{"through",
                                ParameterType::Selection,
                                Absent::Allowed,
                                "",
                                0,
                                none,
                                false,
                                {},
                                "the producers whose outputs may be scaled; all legal ones when not said"};

constexpr ParameterInfo range(std::string_view fallback, std::string_view behind_awq = {}) {
  return observer("range", fallback, "how the scale of the weights or of the cache is found", behind_awq);
}
constexpr ParameterInfo input_range = observer("input_range", "minmax", "how the static scale of the inputs is found");
constexpr ParameterInfo output_range =
    observer("output_range", "minmax", "how the static scale of the outputs is found");

// By measurement: docs/accuracy.md.
constexpr ParameterInfo rtn[] = {range("minmax", "mse"), input_range, output_range};

constexpr WordInfo orders[] = {{"natural"}, {"activation"}};
constexpr WordInfo targets[] = {{"own"}, {"original"}};
constexpr WordInfo dead[] = {{"rtn"}, {"zero"}};
constexpr WordInfo refits[] = {{"off"}, {"scales"}};
constexpr ParameterInfo damp = ratio("damp", Absent::Default, "1%", 0, 1, true, "added to the diagonal, of its mean");
constexpr ParameterInfo damp_limit = ratio("damp_limit", Absent::Default, "100%", 0, none, true,
                                           "damping is raised tenfold up to here before the solve gives up");
constexpr ParameterInfo block = count("block", Absent::Default, "128", 1, none, "columns per lazy update");
// Defaults by measurement: docs/accuracy.md.
constexpr ParameterInfo gptq[] = {
    range("hessian"),
    input_range,
    output_range,
    block,
    damp,
    damp_limit,
    word("order", Absent::Default, "activation", orders, "column order of the solve"),
    word("target", Absent::Default, "own", targets, "what is reproduced: own inputs, or those of the original model"),
    word("dead", Absent::Default, "rtn", dead, "columns whose input was always zero"),
    word("refit", Absent::Default, "scales", refits, "closed-form scales after rounding"),
};

constexpr ParameterInfo autoround[] = {
    count("steps", Absent::Default, "200", 1, 100000, "steps of sign descent on rounding and clipping"),
    count("batch", Absent::Default, "8", 1, none, "calibration rows in one step"),
    {"rate", ParameterType::Number, Absent::Default, "1/steps", 0, none, true, {}, "step size; 1/steps when not said"},
    seed(Absent::Refused),
};

constexpr WordInfo measures[] = {{"range"}, {"absmax"}, {"log"}};
constexpr ParameterInfo smoothquant[] = {
    ratio("strength", Absent::Refused, "", 0, 1, false, "exponent on the activation side"),
    word("measure", Absent::Default, "range", measures, "activation magnitude"),
    through,
};

constexpr WordInfo duos[] = {{"on"}, {"off"}, {"both"}};
constexpr WordInfo losses[] = {{"block"}, {"linear"}};
constexpr ParameterInfo awq[] = {
    word("duo", Absent::Default, "on", duos, "whether the weights' magnitude counts too"),
    count("grid", Absent::Default, "20", 2, 1000, "ratios tried"),
    word("loss", Absent::Default, "block", losses,
         "output compared: of the parent block, or of the linears themselves"),
    through,
};

constexpr WordInfo sides[] = {{"v"}, {"u"}};
constexpr WordInfo fixed_kinds[] = {{"hadamard"}, {"random_hadamard"}, {"random"}};
constexpr ParameterInfo width =
    count("block", Absent::Allowed, "", 1, none, "size of the diagonal blocks; the whole width when not said");
constexpr ParameterInfo quip[] = {
    list("rotations", sides, "v: input side; u: output side, undone at run time"),
    word("kind", Absent::Refused, "", fixed_kinds, "the orthogonal matrix"),
    width,
    seed(Absent::Sampled),
};

constexpr ParameterInfo learning[] = {
    count("steps", Absent::Refused, "", 1, 100000, "steps of descent"),
    {"rate", ParameterType::Number, Absent::Refused, "", 0, none, true, {}, "step size"},
    count("samples", Absent::Refused, "", 1, none, "calibration rows used"),
};
constexpr WordInfo model_rotations[] = {{"R1"}, {"R2"}, {"R3"}, {"R4"}};
constexpr WordInfo kinds[] = {{"hadamard"}, {"random_hadamard"}, {"random"}, {"learned", learning}};
constexpr ParameterInfo spinquant[] = {
    list("rotations", model_rotations,
         "R1 residual stream, R2 value heads, R3 queries and keys at run time, R4 inner width at run time"),
    word("kind", Absent::Refused, "", kinds, "the orthogonal matrix"),
    width,
    seed(Absent::Sampled),
};

constexpr WordInfo zeros[] = {{"free"}, {"kept"}};
constexpr ParameterInfo owl[] = {
    {"outlier", ParameterType::Number, Absent::Refused, "", 0, none, true, {}, "times the mean that makes an outlier"},
    ratio("spread", Absent::Refused, "", 0, 1, false, "how far a layer's share may differ from the mean"),
};
constexpr WordInfo profiles[] = {{"uniform"}, {"owl", owl}};
constexpr ParameterInfo zeros_parameter =
    word("zeros", Absent::Default, "free", zeros, "kept: present zeros stay and count");
constexpr ParameterInfo profile = word("profile", Absent::Default, "uniform", profiles, "share per layer");
constexpr ParameterInfo sparsegpt[] = {block, damp, damp_limit, zeros_parameter, profile};
constexpr ParameterInfo wanda[] = {zeros_parameter, profile};

constexpr AlgorithmInfo algorithm_table[] = {
    {"smoothquant", AlgorithmRole::Transform, 0, true, true, false, smoothquant,
     "moves outliers of the inputs into the weights"},
    {"awq", AlgorithmRole::Transform, 1, true, true, false, awq, "scales channels by how much their inputs matter"},
    {"quip", AlgorithmRole::Transform, 2, false, true, false, quip, "rotates one linear layer's inputs or outputs"},
    {"rtn", AlgorithmRole::Solver, 0, false, false, true, rtn, "rounds to the nearest code"},
    {"gptq", AlgorithmRole::Solver, 0, true, true, false, gptq, "rounds column by column and corrects the rest"},
    {"autoround", AlgorithmRole::Solver, 0, true, true, false, autoround,
     "learns roundings of one decoder layer jointly"},
    {"spinquant", AlgorithmRole::ModelWide, 0, false, false, false, spinquant, "rotates spaces of the whole model"},
    {"sparsegpt", AlgorithmRole::Pruner, 0, true, true, false, sparsegpt,
     "prunes column by column and corrects the rest"},
    {"wanda", AlgorithmRole::Pruner, 0, true, true, false, wanda,
     "prunes by weight times input norm, without an update"},
    {"magnitude", AlgorithmRole::Pruner, 0, false, false, false, {}, "prunes the smallest weights of a tensor"},
    {"existing", AlgorithmRole::Pruner, 0, false, false, false, {}, "keeps the zeros that are there"},
    {"reap",
     AlgorithmRole::Pruner,
     0,
     true,
     true,
     false,
     {},
     "prunes whole experts with the lowest mean gate times norm"},
};

// The grid runs from the wide end to the narrow one, both included.
constexpr ParameterInfo from(std::string_view fallback) {
  return ratio("from", Absent::Default, fallback, 0, none, true, "widest range tried, of the largest magnitude");
}
constexpr ParameterInfo grid(std::string_view fallback) {
  return count("grid", Absent::Default, fallback, 2, 1000, "ranges tried");
}
constexpr ParameterInfo patience =
    count("patience", Absent::Default, "5", 1, none, "steps without a gain before the search stops");
constexpr ParameterInfo norm(std::string_view fallback) {
  return {"norm", ParameterType::Number, Absent::Default, fallback, 0, none, true, {}, "power of the error"};
}
constexpr ParameterInfo to(std::string_view fallback) {
  return ratio("to", Absent::Default, fallback, 0, none, true, "narrowest range tried, of the largest magnitude");
}
constexpr ParameterInfo ema[] = {ratio("rate", Absent::Refused, "", 0, 1, true, "weight of the newest batch")};
constexpr ParameterInfo mse[] = {from("100%"), to("81%"), grid("20"), norm("2.4"), patience};
constexpr ParameterInfo imatrix[] = {from("100%"), to("5%"), grid("20"), norm("3.0"), patience};
constexpr ParameterInfo hessian[] = {from("150%"), to("40%"), grid("24")};
constexpr ParameterInfo percentile[] = {{"share",
                                         ParameterType::Ratio,
                                         Absent::Refused,
                                         "",
                                         0.5,
                                         1,
                                         true,
                                         {},
                                         "share of the magnitudes inside the range",
                                         true}};
constexpr ParameterInfo fixed[] = {
    {"value", ParameterType::Number, Absent::Refused, "", 0, none, true, {}, "largest magnitude of the range", true}};

constexpr ObserverInfo observer_table[] = {
    {"minmax", true, true, false, {}, "the whole range"},
    {"ema", false, true, false, ema, "the range, averaged over batches"},
    {"mse", true, true, false, mse, "the range with the smallest error"},
    {"imatrix", true, false, true, imatrix, "the range with the smallest error, columns weighted by their inputs"},
    {"hessian", true, false, true, hessian,
     "the range with the smallest error, columns weighted by the solver's Hessian"},
    {"percentile", false, true, false, percentile, "the range that holds a share of the values"},
    {"fixed", false, true, false, fixed, "a given range: 448 makes the scale of an fp8 input one"},
    {"four_over_six", true, false, false, {}, "the better of the largest codes 4 and 6, for fp4 with e4m3 scales"},
};

constexpr WordInfo exponents[] = {{"floor"}, {"nearest"}, {"ceil"}};
constexpr ParameterInfo exponent =
    word("exponent", Absent::Default, "nearest", exponents, "how an e8m0 scale is rounded to a power of two");

}  // namespace

std::span<const AlgorithmInfo> algorithms() { return algorithm_table; }
std::span<const ObserverInfo> observers() { return observer_table; }
const ParameterInfo& exponent_parameter() { return exponent; }

}  // namespace lcr
