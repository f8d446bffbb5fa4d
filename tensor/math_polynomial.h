// The classical orthogonal polynomials and their derivatives, by their recurrences (DLMF 18.9). Included as math_calls.h
// says.
#pragma once
#include "playhead/tensor/math_bessel.h"

namespace ph::math {

/// The families by number: Chebyshev T, U, V, W; Hermite H and He; Laguerre L; Legendre P.
inline constexpr int polynomial_families = 8;
inline constexpr int highest_derivative = 31;

/// The polynomial of degree n (cut to a whole number; 0 for a negative one, NaN above 2^24), derived `code / 16` times; its
/// family is the rest of that.
PH_CALL double orthogonal_polynomial(double x, double n, double code) {
  if (n != n || x != x || n >= 16777217 || !(code >= 0 && code < 16 * (highest_derivative + 1))) return quiet_nan<double>;
  const int order = static_cast<int>(code * 0.0625), degree = n < 0 ? -1 : static_cast<int>(n);
  int family = static_cast<int>(code) - 16 * order;
  if (family >= polynomial_families) return quiet_nan<double>;
  if (order > degree) return 0;
  double sign = 1;
  if (x < 0 && family != 6) {  // all but Laguerre's are even or odd, or each other's mirror image
    x = -x;
    sign = (degree - order) % 2 == 0 ? 1 : -1;
    if (family == 2 || family == 3) family = 5 - family;
  }
  // p[j]: the derivative of order j of the polynomial of degree m. Hermite's go by p_(m+1) = slope x p_m - c p_(m-1), the others by
  // the step from p_m to p_(m+1), which is (slope u + rest) p_m + c times the last step, over d: where it is small, near x = 1 (for
  // Laguerre's 0), nothing cancels. Derived j times, either also brings in j slope p_m^(j-1).
  const bool hermite = family == 4 || family == 5;
  const double u = family < 4 || family == 7 ? x - 1 : x;
  double p[highest_derivative + 1] = {1}, last[highest_derivative + 1] = {};
  for (int m = 0; m < degree; ++m) {
    double slope = 2, rest = 0, c = m > 0 ? 1 : 0, d = 1;
    switch (family) {
      case 0: slope = m > 0 ? 2 : 1; break;
      case 1: rest = m > 0 ? 0 : 1; break;
      case 2: break;
      case 3: rest = m > 0 ? 0 : 2; break;
      case 4: c = 2.0 * m; break;
      case 5: slope = 1, c = m; break;
      case 6: slope = -1, c = m, d = m + 1.0; break;
      default: slope = 2.0 * m + 1, c = m, d = m + 1.0; break;
    }
    for (int j = order; j >= 0; --j) {
      const double below = j > 0 ? j * slope * p[j - 1] : 0.0;
      if (hermite) {
        const double next = slope * u * p[j] - c * last[j] + below;
        last[j] = p[j];
        p[j] = next;
      } else {
        last[j] = ((slope * u + rest) * p[j] + c * last[j] + below) / d;
        p[j] += last[j];
      }
    }
    if (!isfinite(p[order])) {  // it has left the numbers and does not come back; signs alternate on one side
      const bool turned = family == 6 && x > 0 && (degree - m) % 2 == 0;
      return turned ? -p[order] : sign * p[order];
    }
  }
  return sign * p[order];
}

}  // namespace ph::math
