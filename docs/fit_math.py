# Where the coefficients in tensor/math_*.h come from: minimax polynomials by Remez' exchange, in high precision, rounded to the type.
#   pip install mpmath && python3 docs/fit_math.py [name]
# The last digits depend on when the exchange stops; those of exp were rounded one by one, the others being fitted again each time.
# Each fit names the function g, the weight w that makes the error relative to the result, the interval, degree and bits.
import sys

import mpmath as m
from mpmath import mp, mpf

mp.prec = 420
TINY = mpf(10) ** -25  # keeps quotients like (sin r - r) / r^3 away from 0 / 0


def remez(g, w, a, b, degree):
    """The polynomial p of that degree with the least max |w (p - g)| on [a, b]."""
    a, b, n = mpf(a), mpf(b), degree + 2
    steps = 24 * n
    grid = [(a + b) / 2 - (b - a) / 2 * m.cos(m.pi * i / steps) for i in range(steps + 1)]
    values, weights = [g(x) for x in grid], [w(x) for x in grid]
    nodes = [(a + b) / 2 - (b - a) / 2 * m.cos(m.pi * i / (n - 1)) for i in range(n)]
    nodes = [x + (b - a) / (40 * n) if a < x < b and abs(x) < (b - a) / (100 * n) else x for x in nodes]
    for _ in range(12):
        rows, right = m.matrix(n, n), m.matrix(n, 1)
        for i, x in enumerate(nodes):
            for j in range(n - 1):
                rows[i, j] = w(x) * x**j
            rows[i, n - 1] = (-1) ** i
            right[i] = g(x) * w(x)
        solution = m.lu_solve(rows, right)
        c = [solution[j] for j in range(n - 1)]
        error = [weights[i] * (m.polyval(c[::-1], grid[i]) - values[i]) for i in range(steps + 1)]
        extrema, i = [], 0  # the largest error of each run of one sign
        while i <= steps:
            j = best = i
            while j <= steps and (error[j] >= 0) == (error[i] >= 0):
                best = j if abs(error[j]) > abs(error[best]) else best
                j += 1
            extrema.append(best)
            i = j
        while len(extrema) > n:
            extrema.pop(0 if abs(error[extrema[0]]) < abs(error[extrema[-1]]) else -1)
        if len(extrema) < n:
            break
        nodes = [grid[i] for i in extrema]
        if max(map(abs, error)) < mpf("1.02") * min(abs(error[i]) for i in extrema):
            break
    return c, max(map(abs, error))


def rounded(c, bits):
    mantissa, exponent = m.frexp(c)
    return m.ldexp(m.nint(m.ldexp(mantissa, bits)), exponent - bits)


def odd(f):
    """f(x) = x + x^3 p(x^2): g and w as functions of x^2."""
    return (lambda z: (f(m.sqrt(z + TINY)) - m.sqrt(z + TINY)) / m.sqrt(z + TINY) ** 3), (lambda z: m.sqrt(z + TINY) ** 3 / f(m.sqrt(z + TINY)))


def relative(g):
    return g, lambda x: 1 / g(x)


def shifted(f, weight):
    return (lambda x: f(x + TINY)), (lambda x: weight(x + TINY))


half_ln2, quarter = m.ln(2) / 2 * mpf("1.0001"), (m.pi / 4 * mpf("1.01")) ** 2
s_max = ((m.sqrt(2) - 1) / (m.sqrt(2) + 1)) ** 2 * mpf("1.0001")
exp_fit = shifted(lambda r: (m.exp(r) - 1 - r) / r**2, lambda r: r * r / abs(m.expm1(r)))
log_fit = (lambda z: (2 * m.atanh(m.sqrt(z + TINY)) / m.sqrt(z + TINY) - 2) / (z + TINY), lambda z: m.sqrt(z + TINY) ** 3 / (2 * m.atanh(m.sqrt(z + TINY))))
cos_fit = shifted(lambda z: (m.cos(m.sqrt(z)) - 1 + z / 2) / z**2, lambda z: z**2 / m.cos(m.sqrt(z)))
erf_fit = (lambda z: m.erf(m.sqrt(z + TINY)) / m.sqrt(z + TINY), lambda z: m.sqrt(z + TINY) / m.erf(m.sqrt(z + TINY)))


def erfcx(t):  # at x = 4 (1 + t) / (1 - t)
    x = 4 * (1 + t) / (1 - t)
    return m.exp(x * x) * m.erfc(x) * (1 + 2 * x)


def erfinv_at(w):  # where 1 - x^2 = e^-w, by Halley's steps on erfc
    x = m.sqrt(-m.expm1(-w))
    goal, y = m.exp(-w) / (1 + x), m.sqrt(w) * mpf("0.9")
    for _ in range(60):
        u = (m.erfc(y) - goal) / (-2 / m.sqrt(m.pi) * m.exp(-y * y))
        y -= u / (1 + u * y)
    return y


def bessel(order):
    return relative(lambda z: m.besseli(order, m.sqrt(z + TINY)) / m.sqrt(z + TINY) ** order)


def bessel_far(order):  # sqrt(x) e^-x I(x) at x = 16 / (t + 1)
    def g(t):
        x = 16 / (t + 1 + TINY)
        if x < 10**4:
            return m.sqrt(x) * m.exp(-x) * m.besseli(order, x)
        total = term = mpf(1)
        for j in range(1, 25):
            term *= -(4 * order * order - (2 * j - 1) ** 2) / (j * 8 * x)
            total += term
        return total / m.sqrt(2 * m.pi)
    return relative(g)


def digamma(t):
    root = m.findroot(m.digamma, mpf("1.4616321449683623412626595423"))
    return m.digamma(t + mpf("1.5")) / (t + mpf("1.5") - root)


FITS = {  # name: (g, w), from, to, degree, bits
    "exp float": (exp_fit, -half_ln2, half_ln2, 5, 24), "exp double": (exp_fit, -half_ln2, half_ln2, 10, 53),
    "log float": (shifted(lambda f: (m.log1p(f) - f + f * f / 2) / f**3, lambda f: f**3 / m.log1p(f)), m.sqrt(0.5) - 1, m.sqrt(2) - 1, 8, 24),
    "log double": (log_fit, 0, s_max, 6, 53),
    "tanh float": (odd(m.tanh), 0, 0.625**2, 4, 24), "tanh double": (odd(m.tanh), 0, 0.625**2, 10, 53), "sinh": (odd(m.sinh), 0, 1, 6, 53),
    "sin float": (odd(m.sin), 0, quarter, 2, 24), "sin double": (odd(m.sin), 0, quarter, 5, 53),
    "cos float": (cos_fit, 0, quarter, 2, 24), "cos double": (cos_fit, 0, quarter, 5, 53),
    "tan float": (odd(m.tan), 0, (m.pi / 4) ** 2, 6, 53), "tan double": (odd(m.tan), 0, (m.pi / 4) ** 2, 14, 53),
    "atan": (odd(m.atan), 0, 1, 19, 53), "asin": (odd(m.asin), 0, 0.25, 12, 53),
    "cbrt": (relative(m.cbrt), 1, 2, 4, 53),
    # of erf the first coefficient is stored less 1
    "erf float": (erf_fit, 0, 1, 6, 24), "erf double": (erf_fit, 0, 1, 11, 53),
    "erf tail float": ((lambda x: -m.log(m.erfc(x)), lambda x: m.erfc(x) / m.erf(x)), 1, 4, 6, 24),
    "erfc": (relative(erfcx), (mpf("0.45") - 4) / (mpf("0.45") + 4), (mpf(28) - 4) / (mpf(28) + 4), 22, 53),
    "erfinv middle": (relative(lambda v: erfinv_at(v + mpf("2.5") + TINY) / m.sqrt(-m.expm1(-v - mpf("2.5") - TINY))), -2.5, 2.5, 12, 53),
    "erfinv tail": (relative(lambda u: erfinv_at((u + 4) ** 2)), m.sqrt(5) - 4, m.sqrt(40) - 4, 12, 53),
    "digamma": (relative(digamma), -0.5, 0.5, 20, 53),
    "i0 near": (bessel(0), 0, 64, 15, 53), "i1 near": (bessel(1), 0, 64, 15, 53),
    "i0 far": (bessel_far(0), -1, 1, 22, 53), "i1 far": (bessel_far(1), -1, 1, 22, 53),
}

for name, ((g, w), a, b, degree, bits) in FITS.items():
    if len(sys.argv) < 2 or sys.argv[1] in name:
        c, error = remez(g, w, a, b, degree)
        print(f"{name}: within 2^{float(m.log(error, 2)):.1f} before rounding")
        print("  " + ", ".join(float(rounded(x, bits)).hex() for x in c))
