"""Special functions, under SciPy's and PyTorch's names."""
from . import _core
from ._core import (airy_ai, bessel_j0, bessel_j1, bessel_y0, bessel_y1, digamma, entr, erf, erfc, erfcx, erfinv, exp2, expm1,  # noqa: F401
                    i0, i0e, i1, i1e, log1p, log_ndtr, log_softmax, logit, logsumexp, modified_bessel_k0, modified_bessel_k1, ndtr,
                    ndtri, polygamma, round, scaled_modified_bessel_k0, scaled_modified_bessel_k1, sinc, softmax, spherical_bessel_j0,
                    xlog1py, xlogy, zeta)
from ._core import digamma as psi, i0 as modified_bessel_i0, i1 as modified_bessel_i1, igamma as gammainc, igammac as gammaincc  # noqa: F401
from ._core import lgamma as gammaln, mvlgamma as multigammaln, sigmoid as expit  # noqa: F401

globals().update({name: f for name, f in vars(_core._special).items() if name[0] != "_"})
