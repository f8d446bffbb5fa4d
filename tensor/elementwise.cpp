// What is known of each row of the table, drawn from its text.
#include "playhead/tensor/elementwise.h"

#include "playhead/tensor/elementwise_rows.h"

namespace ph {

namespace {

constexpr std::uint8_t letters(const char* text) {
  std::uint8_t bits = 0;
  for (; *text; ++text)
    bits = static_cast<std::uint8_t>(bits | (*text == 'A' || *text == 'X' ? 1 : *text == 'B' ? 2 : *text == 'C' ? 4 : *text == 'Y' ? 8 : 0));
  return bits;
}

template <Row R, Part Q>
constexpr std::uint8_t used() {
  if constexpr (rows::has_grad<R, Q>) return rows::uses<R, Q>;
  else return 0;
}

template <Row R>
constexpr RowInfo describe(const char* name, const char* doc, const char* p0, double d0, const char* p1, double d1, double lo, double hi) {
  using X = rows::Text<R, double>;
  constexpr std::uint8_t a = used<R, Part::grad_a>(), b = used<R, Part::grad_b>(), c = used<R, Part::grad_c>();
  return {name, doc, {p0, p1}, {d0, d1}, lo, hi, X::arity, X::domain, X::predicate, X::select, static_cast<std::uint8_t>(a | b | c), {a, b, c},
          {a == 0, b == 0, c == 0}};
}

using rows::inf;
}  // namespace

constinit const RowInfo detail::row_infos[] = {
#define ROW(name, p0, d0, p1, d1, saves_, lo, hi, doc) \
  [] { \
    constexpr RowInfo r = describe<Row::name>(#name, doc, p0, d0, p1, d1, lo, hi); \
    static_assert(r.saves == letters(#saves_), #name ": the derivatives do not use what the row says it saves"); \
    return r; \
  }(),
#define UNARY(name, domain, saves, f, df, lo, hi, doc) ROW(name, nullptr, 0, nullptr, 0, saves, lo, hi, doc)
#define UNARY1(name, p0, d0, domain, saves, f, df, lo, hi, doc) ROW(name, #p0, d0, nullptr, 0, saves, lo, hi, doc)
#define UNARY2(name, p0, d0, p1, d1, domain, saves, f, df, lo, hi, doc) ROW(name, #p0, d0, #p1, d1, saves, lo, hi, doc)
#define BINARY(name, domain, saves, f, dfa, dfb, lo, hi, doc) ROW(name, nullptr, 0, nullptr, 0, saves, lo, hi, doc)
#define TERNARY(name, domain, saves, f, dfa, dfb, dfc, lo, hi, doc) ROW(name, nullptr, 0, nullptr, 0, saves, lo, hi, doc)
#define SELECT(name, domain, saves, f, dfb, dfc, lo, hi, doc) ROW(name, nullptr, 0, nullptr, 0, saves, lo, hi, doc)
#define PREDICATE(name, domain, f, doc) ROW(name, nullptr, 0, nullptr, 0, N, -2, 2, doc)
#define COMPARE(name, domain, f, doc) ROW(name, nullptr, 0, nullptr, 0, N, -2, 2, doc)
#include "playhead/tensor/elementwise.def"
};
static_assert(sizeof(detail::row_infos) / sizeof(detail::row_infos[0]) == row_count);

}  // namespace ph
