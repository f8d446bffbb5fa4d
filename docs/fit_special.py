# Where tensor/math_tables.h comes from: Chebyshev sums of the functions of tensor/math_bessel.h and math_gamma.h, in high precision.
#   pip install mpmath && python3 docs/fit_special.py > tensor/math_tables.h
# Each line names the function of t in [-1, 1] that is summed; what follows the last coefficient is below 2^-57 of the largest.
from fractions import Fraction

import mpmath as m
from mpmath import mp, mpf

mp.dps = 50
FAR = mpf(10) ** 30
TINY = mpf(10) ** -40
third = mpf(1) / 3


def chebyshev(f, most=44):
    """The coefficients of f's Chebyshev sum, as many as a double can tell."""
    nodes = [(k + mpf(1) / 2) * m.pi / most for k in range(most)]
    values = [f(m.cos(a)) for a in nodes]
    c = [(2 if j else 1) * sum(v * m.cos(j * a) for v, a in zip(values, nodes)) / most for j in range(most)]
    least = max(map(abs, c)) * mpf(2) ** -57
    while abs(c[-1]) < least:
        c.pop()
    return c


def on(low, high):
    """t in [-1, 1] as a number between the two."""
    return lambda t: mpf(low) + (mpf(high) - mpf(low)) * (t + 1) / 2


def beyond(first):
    """t in [-1, 1] as first (3 + t) / (1 - t), a number from `first` to infinity."""
    return lambda t: mpf(first) * (3 + t) / (1 - t) if t < 1 else FAR


def hankel(nu, z):
    """H1 without its oscillation: 1 at infinity."""
    return m.sqrt(m.pi * z / 2) * m.expj(-(z - nu * m.pi / 2 - m.pi / 4)) * m.hankel1(nu, z)


def decayed_k(nu):
    return lambda z: m.sqrt(z) * m.exp(z) * m.besselk(nu, z)


def after(f, g):
    return lambda t: f(g(t))


def root(z):
    return m.sqrt(z + TINY)


small, middle, far = on(0, 1), on("-2.1", "1.32"), beyond(2)
tables = {
    "k0_near": ("K0(x) + log(x) I0(x), x^2 in [0, 1]", after(lambda z: m.besselk(0, root(z)) + m.log(root(z)) * m.besseli(0, root(z)), small)),
    "k1_near": ("(K1(x) - 1 / x - log(x) I1(x)) / x, x^2 in [0, 1]",
                after(lambda z: (m.besselk(1, root(z)) - 1 / root(z) - m.log(root(z)) * m.besseli(1, root(z))) / root(z), small)),
    "k0_far": ("sqrt(x) e^x K0(x), x in [1, inf)", after(decayed_k(0), beyond(1))),
    "k1_far": ("sqrt(x) e^x K1(x)", after(decayed_k(1), beyond(1))),
    "airy_right": ("sqrt(z) e^z K_1/3(z), z in [1, inf)", after(decayed_k(third), beyond(1))),
    "airy_prime_right": ("sqrt(z) e^z K_2/3(z)", after(decayed_k(2 * third), beyond(1))),
    "airy_middle": ("Ai(x), x in [-2.1, 1.32]", after(m.airyai, middle)),
    "airy_prime_middle": ("Ai'(x)", after(lambda x: m.airyai(x, derivative=1), middle)),
    "airy_left_p": ("H1_1/3 without its oscillation: real part, z in [2, inf)", after(lambda z: hankel(third, z).real, far)),
    "airy_left_q": ("z times the imaginary part", after(lambda z: z * hankel(third, z).imag, far)),
    "airy_prime_left_p": ("the same of H1_2/3", after(lambda z: hankel(2 * third, z).real, far)),
    "airy_prime_left_q": ("", after(lambda z: z * hankel(2 * third, z).imag, far)),
    "lgamma1p": ("log Gamma(1 + a) / a, a in [0, 1.25]", after(lambda a: m.loggamma(1 + a + TINY) / (a + TINY), on(0, "1.25"))),
}

# --- Temme's expansion of the incomplete gamma function (DLMF 8.12.7 to 8.12.12) ---------------------------------------------
ORDER = 44  # powers of eta that are kept on the way


def multiply(p, q):
    return [sum(p[i] * q[k - i] for i in range(k + 1)) for k in range(min(len(p), len(q)))]


def stirling(n):
    """g_k of Gamma*(a) = sum g_k a^-k, by the exponential of Stirling's series."""
    log = [Fraction(0)] * (n + 1)
    for j in range(1, n + 1, 2):
        numerator, denominator = m.bernfrac(j + 1)
        log[j] = Fraction(int(numerator), int(denominator)) / ((j + 1) * j)
    g = [Fraction(1)]
    for k in range(1, n + 1):
        g.append(sum(j * log[j] * g[k - j] for j in range(1, k + 1)) / k)
    return g


def temme(terms):
    """The power series in eta of c_0 … of R_a(eta) = e^(-a eta^2 / 2) / sqrt(2 pi a) sum c_k(eta) a^-k."""
    # mu = eta + …, from mu' mu = eta (1 + mu).
    mu = [Fraction(0), Fraction(1)]
    for n in range(2, ORDER + 2):
        known = sum((n + 1 - i) * mu[i] * mu[n + 1 - i] for i in range(2, n))
        mu.append((mu[n - 1] - known) / (n + 1))
    u = mu[1:]  # mu / eta
    inverse = [Fraction(1)]  # eta / mu
    for n in range(1, len(u)):
        inverse.append(-sum(u[i] * inverse[n - i] for i in range(1, n + 1)))
    g = stirling(terms)
    c = [inverse[1:]]  # 1 / mu - 1 / eta
    for k in range(1, terms):
        last = c[-1]
        # (1 / eta) c' + (-1)^k g_k / mu: the poles cancel.
        assert last[1] + (-1) ** k * g[k] == 0
        c.append([(n + 2) * last[n + 2] + (-1) ** k * g[k] * inverse[n + 1] for n in range(len(last) - 2)])
    return c, g


def kept(series, size, least):
    n = len(series)
    while n > 1 and abs(float(series[n - 1])) * size ** (n - 1) < least:
        n -= 1
    return series[:n]


def hexadecimal(x):
    mantissa, exponent = m.frexp(mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else x)
    return float(m.ldexp(m.nint(m.ldexp(mantissa, 53)), exponent - 53)).hex().replace("0000000000p", "p")


def table(name, doc, c):
    lines, line = [], " "
    for text in (hexadecimal(x) + "," for x in c):
        if len(line) + len(text) > 123:
            lines.append(line)
            line = " "
        line += " " + text
    lines.append(line[:-1])
    if doc:
        print("// " + doc)
    print(f"PH_TABLE double {name}[] = {{")
    print("\n".join(lines) + "};")


if __name__ == "__main__":
    print("// Coefficients of Chebyshev sums, and of Temme's series. Written by docs/fit_special.py.")
    print("#pragma once\n")
    print("#if defined(__CUDACC__)\n#define PH_TABLE static __device__ const\n#else\n#define PH_TABLE inline constexpr\n#endif")
    print("\nnamespace ph::math::tables {\n")
    for name, (doc, f) in tables.items():
        table(name, doc, chebyshev(f))
    c, g = temme(16)
    a, eta = 20.0, 0.34
    rows = [kept(row, eta, 2.0**-57 * a**k) for k, row in enumerate(c)]
    while len(rows[-1]) == 1 and abs(float(rows[-1][0])) * a ** -(len(rows) - 1) < 2.0**-57:
        rows.pop()
    table("temme", "Temme's c_k as power series in eta, one after the other, for a >= 20 and |eta| <= 0.34", [x for row in rows for x in row])
    print("PH_TABLE int temme_sizes[] = {" + ", ".join(str(len(row)) for row in rows) + "};")
    table("stirling", "Gamma*(a) as a series in 1 / a, for a >= 20", kept(g, 1 / a, 2.0**-57))
    print("\n}  // namespace ph::math::tables\n\n#undef PH_TABLE")
