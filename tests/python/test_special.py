# playhead.special beside scipy.special.
import numpy as np
import pytest
import scipy.special as sc
from conftest import close, error

import playhead as ph

S = ph.special
rng = np.random.default_rng(4)

unary = {  # name: (SciPy's, from, to)
    "airy_ai": (lambda x: sc.airy(x)[0], -9, 9), "bessel_j0": (sc.j0, -20, 20), "bessel_j1": (sc.j1, -20, 20), "bessel_y0": (sc.y0, 0.1, 20),
    "bessel_y1": (sc.y1, 0.1, 20), "digamma": (sc.digamma, -3, 9), "psi": (sc.psi, 0.1, 9), "entr": (sc.entr, 0, 3), "erf": (sc.erf, -3, 3),
    "erfc": (sc.erfc, -3, 9), "erfcx": (sc.erfcx, -5, 50), "erfinv": (sc.erfinv, -1, 1), "exp2": (np.exp2, -3, 3), "expit": (sc.expit, -9, 9),
    "expm1": (np.expm1, -1, 1), "gammaln": (sc.gammaln, 0.1, 30), "i0": (sc.i0, -9, 9), "i0e": (sc.i0e, -9, 9), "i1": (sc.i1, -9, 9),
    "i1e": (sc.i1e, -9, 9), "log1p": (np.log1p, -0.9, 9), "log_ndtr": (sc.log_ndtr, -40, 8), "logit": (sc.logit, 0, 1),
    "modified_bessel_i0": (sc.i0, -9, 9), "modified_bessel_i1": (sc.i1, -9, 9), "modified_bessel_k0": (sc.k0, 0.01, 30),
    "modified_bessel_k1": (sc.k1, 0.01, 30), "ndtr": (sc.ndtr, -20, 9), "ndtri": (sc.ndtri, 0, 1), "round": (np.round, -5, 5),
    "scaled_modified_bessel_k0": (sc.k0e, 0.01, 30), "scaled_modified_bessel_k1": (sc.k1e, 0.01, 30), "sinc": (np.sinc, -3, 3),
    "spherical_bessel_j0": (lambda x: sc.spherical_jn(0, np.abs(x)), -9, 9)}
binary = {"gammainc": (sc.gammainc, 0.1, 30), "gammaincc": (sc.gammaincc, 0.1, 30), "xlogy": (sc.xlogy, 0.1, 3), "xlog1py": (sc.xlog1py, 0.1, 3),
          "zeta": (sc.zeta, 1.1, 9)}
polynomials = {
    "chebyshev_polynomial_t": sc.eval_chebyt, "chebyshev_polynomial_u": sc.eval_chebyu, "hermite_polynomial_h": sc.eval_hermite,
    "hermite_polynomial_he": sc.eval_hermitenorm, "laguerre_polynomial_l": sc.eval_laguerre, "legendre_polynomial_p": sc.eval_legendre,
    "chebyshev_polynomial_v": lambda n, x: sc.eval_chebyu(n, x) - np.where(n > 0, sc.eval_chebyu(n - 1, x), 0),
    "chebyshev_polynomial_w": lambda n, x: sc.eval_chebyu(n, x) + np.where(n > 0, sc.eval_chebyu(n - 1, x), 0)}


@pytest.mark.parametrize("name", unary)
def test_unary(name):
    f, low, high = unary[name]
    x = rng.uniform(low, high, 200)
    close(getattr(S, name)(ph.asarray(x)), f(x), 1e-12, 1e-14)
    y = getattr(S, name)(ph.asarray(x.astype("float32")))
    assert y.dtype == ph.float32
    assert getattr(S, name)(ph.zeros((0, 2))).shape == (0, 2)


@pytest.mark.parametrize("name", binary)
def test_binary(name):
    f, low, high = binary[name]
    a, b = rng.uniform(low, high, (20, 1)), rng.uniform(low, high, 30)
    close(getattr(S, name)(ph.asarray(a), ph.asarray(b)), f(a, b), 1e-12, 1e-15)
    close(getattr(S, name)(2.5, ph.asarray(b)), f(2.5, b), 1e-12, 1e-15)


@pytest.mark.parametrize("name", polynomials)
def test_polynomials(name):
    f, x, n = polynomials[name], rng.uniform(-0.95, 0.95, (20, 1)), np.arange(9)
    close(getattr(S, name)(ph.asarray(x), ph.asarray(n)), f(n, x), 1e-9, 1e-12)
    close(getattr(S, name)(ph.asarray(x), 3), f(np.asarray(3), x), 1e-9, 1e-12)
    if name.startswith("chebyshev"):
        close(getattr(S, "shifted_" + name)(ph.asarray(x), ph.asarray(n)), f(n, 2 * x - 1), 1e-8, 1e-10)
    leaf = ph.asarray(x).requires_grad_()
    assert ph.autograd.gradcheck(lambda v: getattr(S, name)(v, ph.asarray(n)) * 1e-2, [leaf])


def test_others():
    x = rng.uniform(3, 9, 7)
    close(S.multigammaln(ph.asarray(x), 3), [sc.multigammaln(v, 3) for v in x], 1e-13)
    close(ph.mvlgamma(ph.asarray(x), p=2), [sc.multigammaln(v, 2) for v in x], 1e-13)
    close(S.polygamma(2, ph.asarray(x)), sc.polygamma(2, x), 1e-12)
    close(S.logit(ph.asarray([0.0, 0.5, 1.0]), eps=0.1), sc.logit([0.1, 0.5, 0.9]), 1e-6, 1e-7)
    close(S.softmax(ph.asarray(x), 0), sc.softmax(x), 1e-12)
    close(S.log_softmax(ph.asarray(x), 0), sc.log_softmax(x), 1e-12)
    close(S.logsumexp(ph.asarray(x), 0), sc.logsumexp(x), 1e-12)
    close(ph.igamma(ph.asarray(x), ph.asarray(x)), sc.gammainc(x, x), 1e-13)
    a = ph.asarray(x).requires_grad_()
    error(RuntimeError, "igamma: has no derivative by its first operand. Detach it", lambda: ph.igamma(a, ph.asarray(x)).sum().backward())
    error(ValueError, "mvlgamma: p must be positive; got p=0", lambda: ph.mvlgamma(a, 0))
    error(TypeError, "special.legendre_polynomial_p: one operand must be a Tensor; got numbers only. Convert one: ph.asarray(...)",
          lambda: S.legendre_polynomial_p(0.5, 2))
