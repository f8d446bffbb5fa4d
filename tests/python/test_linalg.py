# playhead.linalg and the linear algebra of the main module, beside NumPy and SciPy.
import numpy as np
import pytest
import scipy.linalg as sl
from conftest import close, error

import playhead as ph

L = ph.linalg
rng = np.random.default_rng(2)
dtypes = ["float32", "float64", "complex64", "complex128"]
tolerance = {"float32": 1e-4, "complex64": 1e-4, "float64": 1e-10, "complex128": 1e-10}

try:
    L.eigvalsh(ph.eye(1))
except RuntimeError as e:
    if "needs LAPACK" in str(e):
        pytest.skip("this build leaves out LAPACK", allow_module_level=True)
    raise


def sample(shape, dtype="float64"):
    a = rng.standard_normal(shape)
    if dtype.startswith("complex"):
        a = a + 1j * rng.standard_normal(shape)
    return a.astype(dtype)


def regular(shape, dtype="float64"):
    return (sample(shape, dtype) + 4 * np.eye(shape[-1])).astype(dtype)


def positive(shape, dtype="float64"):
    a = sample(shape, dtype)
    return (a @ a.conj().swapaxes(-1, -2) + np.eye(shape[-1])).astype(dtype)


def both(f, g, *arrays, rtol=None):
    """f on tensors gives what g gives on arrays."""
    rtol = rtol or tolerance[str(arrays[0].dtype)]
    close(f(*[ph.asarray(a) for a in arrays]), g(*arrays), rtol, rtol)


def array(x):
    return np.asarray(x)


@pytest.mark.parametrize("dtype", dtypes)
@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 4), (0, 0), (0, 3, 3)])
def test_square(dtype, shape):
    a, p, b = regular(shape, dtype), positive(shape, dtype), sample((*shape[:-1], 2), dtype)
    both(L.cholesky, np.linalg.cholesky, p)
    both(lambda x: L.cholesky(x, upper=True), lambda x: np.linalg.cholesky(x).conj().swapaxes(-1, -2), p)
    both(L.inv, np.linalg.inv, a)
    both(L.det, np.linalg.det, a)
    both(L.solve, np.linalg.solve, a, b)
    both(L.eigvalsh, np.linalg.eigvalsh, p)
    both(L.svdvals, lambda x: np.linalg.svd(x, compute_uv=False), a)
    both(L.pinv, np.linalg.pinv, a)
    both(lambda x: L.slogdet(x).logabsdet, lambda x: np.linalg.slogdet(x).logabsdet, a)
    both(lambda x: L.slogdet(x).sign, lambda x: np.linalg.slogdet(x).sign, a)
    both(ph.logdet, lambda x: np.linalg.slogdet(x).logabsdet.astype(x.dtype), p)
    both(lambda x: L.matrix_power(x, 3), lambda x: np.linalg.matrix_power(x, 3), a)
    both(L.matrix_exp, lambda x: sl.expm(x) if x.size else x, a)
    both(lambda x: L.matrix_sqrth(x) @ L.matrix_sqrth(x), lambda x: x, p)
    close(L.matrix_rank(ph.asarray(a)), np.linalg.matrix_rank(a))
    both(lambda x, y: L.lu_solve(*L.lu_factor(x), y), np.linalg.solve, a, b)
    both(lambda x, y: L.ldl_solve(*L.ldl_factor(x, hermitian=True), y, hermitian=True), np.linalg.solve, p, b)
    both(lambda x, y: ph.cholesky_solve(y, L.cholesky(x)), np.linalg.solve, p, b)
    both(lambda x: ph.cholesky_inverse(L.cholesky(x)), np.linalg.inv, p)
    both(lambda x: L.eigh(x).eigenvalues, np.linalg.eigvalsh, p)
    r = L.eig(ph.asarray(a))
    close(ph.asarray(a).to(r.eigenvectors.dtype) @ r.eigenvectors, array(r.eigenvectors * r.eigenvalues[..., None, :]), 1e-3, 1e-4)
    close(ph.sum(L.eigvals(ph.asarray(a)), axis=-1), np.trace(a, axis1=-2, axis2=-1).astype(array(r.eigenvalues).dtype), 1e-4, 1e-4)


@pytest.mark.parametrize("dtype", dtypes)
@pytest.mark.parametrize("shape", [(3, 3), (5, 3), (2, 3, 4), (0, 3), (3, 0)])
def test_any_shape(dtype, shape):
    a = sample(shape, dtype)
    x, k, tol = ph.asarray(a), min(shape[-2:]), tolerance[dtype]
    q, r = L.qr(x)
    close(q @ r, a, tol, tol)
    close(L.qr(x, mode="complete").Q.mH @ L.qr(x, mode="complete").Q, np.broadcast_to(np.eye(shape[-2]), (*shape[:-1], shape[-2])), tol, tol)
    assert L.qr(x, mode="r").Q.shape == (0,)
    u, s, vh = L.svd(x, full_matrices=False)
    close(u * s[..., None, :] @ vh, a, tol, tol)
    assert L.svd(x).U.shape[-1] == shape[-2] and s.shape[-1] == k
    p, low, up = L.lu(x)
    close(p @ low @ up, a, tol, tol)
    close(ph.lu_unpack(*L.lu_factor(x)).P, array(p))
    f = ph.geqrf(x)
    if shape[-2] >= shape[-1]:
        close(L.householder_product(*f), array(q), tol, tol)
        close(L.polar(x).U @ L.polar(x).H, a, tol, tol)
    close(ph.ormqr(f.a, f.tau, x, transpose=True)[..., :k, :], array(r), tol, tol)
    close(L.pinv(x), np.linalg.pinv(a), tol, tol)
    for driver in (None, "gelsd", "gelss"):
        close(L.lstsq(x, x, driver=driver).solution, np.linalg.pinv(a) @ a, 10 * tol, 10 * tol)
    if k:
        for ord in (None, "fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf):
            expected = np.linalg.norm(a, ord, axis=(-2, -1))
            close(L.norm(x, ord, axis=(-2, -1)), expected, tol)
            close(L.matrix_norm(x, ord=ord or "fro"), expected, tol)
        if shape[-2] == shape[-1]:
            for ord in (None, "fro", 2, 1, np.inf):
                close(L.cond(x, ord), np.linalg.cond(a, ord), 100 * tol)
    close(L.vector_norm(x), np.linalg.norm(a.ravel()), tol)
    close(L.vector_norm(x, axis=-1, ord=3, keepdims=True), np.linalg.norm(a, 3, axis=-1, keepdims=True) if k else np.zeros((*shape[:-1], 1)), tol)
    close(L.diagonal(x), np.diagonal(a, axis1=-2, axis2=-1))
    close(L.trace(x), np.trace(a, axis1=-2, axis2=-1), tol, tol)
    close(L.matrix_transpose(x), a.swapaxes(-1, -2))


def test_products():
    a, b, v, w = sample((3, 4)), sample((4, 5)), sample((3,)), sample((3,))
    both(L.matmul, np.matmul, a, b)
    both(L.outer, np.outer, v, w)
    both(L.cross, np.cross, v, w)
    both(L.vecdot, np.vdot, v, w)
    both(lambda x, y: L.tensordot(x, y, axes=1), np.matmul, a, b)
    both(lambda x, y: L.multi_dot([x, y, y.mT]), lambda x, y: x @ y @ y.T, a, b)
    both(lambda x: L.vander(x, N=4), lambda x: np.vander(x, 4, increasing=True), v)
    both(lambda x: L.tensorinv(x.reshape((2, 2, 4))).reshape((4, 4)), np.linalg.inv, regular((4, 4)))
    both(lambda x, y: L.tensorsolve(x.reshape((2, 2, 4)), y), lambda x, y: np.linalg.solve(x, y.ravel()), regular((4, 4)), sample((2, 2)))
    c, m, n = sample((3, 5)), sample((2, 3, 4)), sample((2, 4, 5))
    both(lambda x, y, z: ph.addbmm(x, y, z, beta=2, alpha=3), lambda x, y, z: 2 * x + 3 * (y @ z).sum(0), c, m, n)
    both(lambda x, y, z: ph.addr(x, y, z, alpha=3), lambda x, y, z: x + 3 * np.outer(y, z), c, v, sample((5,)))


def test_statistics_and_distances():
    x, y = sample((4, 6)), sample((3, 6))
    w, f = rng.random(6), rng.integers(1, 4, 6)
    both(ph.cov, np.cov, x)
    both(ph.corrcoef, np.corrcoef, x)
    both(ph.corrcoef, np.corrcoef, sample((3, 5), "complex128"))
    close(ph.cov(ph.asarray(x), correction=0, fweights=ph.asarray(f), aweights=ph.asarray(w)), np.cov(x, ddof=0, fweights=f, aweights=w), 1e-12)
    for p in (0, 1, 2, 2.5, np.inf):
        both(lambda a, b: ph.cdist(a, b, p=p), lambda a, b: np.linalg.norm(a[:, None] - b, p, axis=-1), x, y)
        both(lambda a, b: ph.dist(a, b, p), lambda a, b: np.linalg.norm((a - b).ravel(), p), x, x[::-1].copy())
    r = array(ph.renorm(ph.asarray(x), 2, 0, 1.5))
    assert (np.linalg.norm(r, axis=1) <= 1.5).all()
    low = sample((20, 2)) @ sample((2, 10))
    u, s, v = ph.svd_lowrank(ph.asarray(low), q=2)
    close(u * s @ v.mT, low, 1e-8, 1e-8)
    close(ph.pca_lowrank(ph.asarray(x)).S, np.linalg.svd(x - x.mean(0), compute_uv=False), 1e-8, 1e-8)
    close(ph.pinverse(ph.asarray(low), 1e-10), np.linalg.pinv(low), 1e-8, 1e-8)


def test_gradients():
    def leaf(a):
        return ph.asarray(a).requires_grad_()

    a, b = leaf(regular((2, 3, 3), "complex128")), leaf(sample((2, 3, 1), "complex128"))
    assert ph.autograd.gradcheck(L.solve, (a, b))
    assert ph.autograd.gradgradcheck(L.inv, (a,))
    x = leaf(sample((4, 3)))
    assert ph.autograd.gradcheck(L.svdvals, (x,))
    assert ph.autograd.gradcheck(lambda t: L.qr(t).R, (x,))
    assert ph.autograd.gradgradcheck(L.pinv, (x,))
    assert ph.autograd.gradcheck(lambda t: L.cholesky(t.mT @ t), (x,))


def test_errors():
    both_ = ph.stack([ph.eye(2), ph.ones((2, 2))])
    error(ValueError, "linalg.inv: the matrix must be invertible; got a zero at pivot 2 of batch entry [1]", lambda: L.inv(both_))
    error(ValueError, "linalg.cholesky: the matrix must be positive definite; got a leading minor of order 1 that is not", lambda: L.cholesky(-ph.eye(2)))
    error(ValueError, "linalg.det: needs square matrices; got shape=[2, 3]", lambda: L.det(ph.zeros((2, 3))))
    error(ValueError, "linalg.qr: mode must be one of 'reduced', 'complete', 'r'; got 'full'", lambda: L.qr(ph.eye(2), mode="full"))
    error(ValueError, "linalg.svd: needs finite numbers; got a NaN or an infinity in the matrix", lambda: L.svd(ph.eye(2) * float("nan")))
    error(TypeError, "linalg.inv: needs float32, float64, complex64 or complex128; got dtype=float16. Convert with x.to(float32)",
          lambda: L.inv(ph.eye(2, dtype=ph.float16)))
    for wrong in (None, "a", [[1.0]], 3):
        with pytest.raises(TypeError, match="x must be a Tensor"):
            L.inv(wrong)
