// Complex<T>: laid out as std::complex<T> and converting to and from it, without <complex> (which drags in <sstream>).
#pragma once
#include "playhead/tensor/api.h"

#if defined(__CUDACC__)
#define PH_HD __host__ __device__
#else
#define PH_HD
#endif

namespace PH_PUBLIC ph {

template <class T>
struct Complex {
  T re = 0, im = 0;

  constexpr Complex() = default;
  PH_HD constexpr Complex(T r, T i = 0) : re(r), im(i) {}
  template <class U> PH_HD constexpr explicit Complex(const Complex<U>& z) : re(static_cast<T>(z.re)), im(static_cast<T>(z.im)) {}
  /// From anything that looks like std::complex.
  template <class Z, class = decltype(static_cast<T>(static_cast<const Z*>(nullptr)->real()))>
  constexpr Complex(const Z& z) : re(static_cast<T>(z.real())), im(static_cast<T>(z.imag())) {}
  /// To anything constructible from two T, such as std::complex<T>; asked for by name.
  template <class Z> constexpr Z as() const { return Z(re, im); }

  PH_HD friend constexpr Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
  PH_HD friend constexpr Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
  PH_HD friend constexpr Complex operator-(Complex a) { return {-a.re, -a.im}; }
  PH_HD friend constexpr Complex operator*(Complex a, Complex b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
  PH_HD friend constexpr Complex operator*(Complex a, T s) { return {a.re * s, a.im * s}; }
  PH_HD friend constexpr Complex operator*(T s, Complex a) { return {a.re * s, a.im * s}; }
  /// Smith's division: no overflow in |b|^2.
  PH_HD friend constexpr Complex operator/(Complex a, Complex b) {
    const T br = b.re < 0 ? -b.re : b.re, bi = b.im < 0 ? -b.im : b.im;
    if (bi == 0) return {a.re / b.re, a.im / b.re};
    if (br >= bi) {
      const T r = b.im / b.re, d = b.re + b.im * r;
      return {(a.re + a.im * r) / d, (a.im - a.re * r) / d};
    }
    const T r = b.re / b.im, d = b.re * r + b.im;
    return {(a.re * r + a.im) / d, (a.im * r - a.re) / d};
  }
  PH_HD friend constexpr bool operator==(Complex a, Complex b) { return a.re == b.re && a.im == b.im; }
  PH_HD friend constexpr bool operator!=(Complex a, Complex b) { return !(a == b); }
  PH_HD constexpr Complex& operator+=(Complex b) { return *this = *this + b; }
  PH_HD constexpr Complex& operator*=(Complex b) { return *this = *this * b; }
};

using cfloat = Complex<float>;
using cdouble = Complex<double>;

}  // namespace ph
