# scikit-learn's and SciPy's functions for array API arrays, on tensors, against the same calls on NumPy's arrays.
import numpy as np
import pytest

import playhead as ph

rng = np.random.default_rng(3)
A = rng.standard_normal((60, 5))
LABELS = (A[:, 0] + 0.3 * A[:, 1] > 0).astype(np.int64)
TARGET = A @ np.arange(5.0) + 0.1 * rng.standard_normal(60)
POSITIVE = np.abs(A) + 0.1


def same(call, *arrays, tensors=True, rtol=1e-6):
    """call on tensors gives tensors with the values that call on arrays gives."""
    got, expected = call(*map(ph.asarray, arrays)), call(*arrays)
    if tensors:
        assert isinstance(got, ph.Tensor)
    np.testing.assert_allclose(np.asarray(got), np.asarray(expected), rtol=rtol, atol=1e-8)


# --- array-api-compat ----------------------------------------------------------------------------------------------------


def test_array_api_compat():
    import array_api_compat as compat

    x = ph.ones(2, 3)
    assert compat.is_array_api_obj(x) and compat.array_namespace(x).__name__ == "playhead" and compat.size(x) == 6
    assert compat.device(x) == "cpu" and compat.to_device(x, "cpu").shape == (2, 3)


# --- SciPy ---------------------------------------------------------------------------------------------------------------


def scipy_cases():
    from scipy import cluster, differentiate, fft, integrate, ndimage, optimize, signal, special, stats
    from scipy.optimize import elementwise
    from scipy.spatial.transform import Rotation

    one = {f"special.{n}": getattr(special, n) for n in ("erf", "erfc", "gammaln", "expit", "ndtr", "log_ndtr", "i0", "i0e", "i1", "entr", "digamma", "sinc")}
    one |= {"special.logit": lambda p: special.logit(p / 9), "special.ndtri": lambda p: special.ndtri(p / 9), "special.xlogy": lambda p: special.xlogy(p, 2 * p),
            "special.rel_entr": lambda p: special.rel_entr(p, 2 * p), "special.gammainc": lambda p: special.gammainc(p, 2 * p), "special.betainc": lambda p: special.betainc(p, 2 * p, p / (p + 1)),
            "special.logsumexp": lambda p: special.logsumexp(p, axis=0), "special.softmax": lambda p: special.softmax(p, axis=1), "special.log_softmax": lambda p: special.log_softmax(p, axis=1)}
    one |= {f"stats.{n}": getattr(stats, n) for n in ("skew", "kurtosis", "moment", "tmean", "tvar", "tstd", "gmean", "hmean", "zscore", "gzscore", "variation", "sem", "circmean", "circvar",
                                                       "differential_entropy", "entropy", "rankdata", "iqr", "median_abs_deviation", "lmoment") if hasattr(stats, n)}
    one |= {"stats.pmean": lambda p: stats.pmean(p, 2), "stats.ttest_1samp": lambda p: stats.ttest_1samp(p, 1.0).pvalue, "stats.ttest_ind": lambda p: stats.ttest_ind(p, p + 1).pvalue,
            "stats.pearsonr": lambda p: stats.pearsonr(p[:, 0], p[:, 1]).statistic, "stats.jarque_bera": lambda p: stats.jarque_bera(p).pvalue, "stats.trim_mean": lambda p: stats.trim_mean(p, 0.1),
            "stats.boxcox_llf": lambda p: stats.boxcox_llf(1.5, p), "stats.skewtest": lambda p: stats.skewtest(p).pvalue}
    one |= {"vq.whiten": cluster.vq.whiten, "vq.vq": lambda p: cluster.vq.vq(p, p[:3, :])[1], "hierarchy.linkage": lambda p: cluster.hierarchy.linkage(p, "average"),
            "fft.fft": fft.fft, "fft.rfft": fft.rfft, "fft.fftn": fft.fftn, "fft.dct": fft.dct, "fft.fftshift": fft.fftshift,
            "integrate.trapezoid": lambda p: integrate.trapezoid(p, axis=0), "integrate.cumulative_trapezoid": lambda p: integrate.cumulative_trapezoid(p, axis=0),
            "signal.convolve": lambda p: signal.convolve(p[:, 0], p[:5, 0]), "signal.fftconvolve": lambda p: signal.fftconvolve(p[:, 0], p[:5, 0]),
            "signal.lfilter": lambda p: signal.lfilter(p[:2, 0], p[:2, 1], p[:, 2]), "signal.detrend": lambda p: signal.detrend(p[:, 0]), "signal.hilbert": lambda p: signal.hilbert(p[:, 0]),
            "ndimage.gaussian_filter": lambda p: ndimage.gaussian_filter(p, 1.0), "ndimage.zoom": lambda p: ndimage.zoom(p, 2.0), "optimize.rosen": lambda p: optimize.rosen(p[:, 0]),
            "differentiate.derivative": lambda p: differentiate.derivative(lambda x: x * x * x, p).df, "optimize.find_root": lambda p: elementwise.find_root(lambda x, c: x * x - c, (0 * p, p + 1), args=(p,)).x,
            "integrate.tanhsinh": lambda p: integrate.tanhsinh(lambda x: x * x, 0 * p, p).integral, "Rotation": lambda p: Rotation.from_rotvec(p[:, :3]).as_matrix()}
    return one


@pytest.mark.parametrize("name", sorted(scipy_cases()))
@pytest.mark.filterwarnings("ignore")
def test_scipy(name):
    same(scipy_cases()[name], POSITIVE)


# --- scikit-learn --------------------------------------------------------------------------------------------------------


def sklearn_cases():
    from sklearn import decomposition, discriminant_analysis, kernel_approximation, linear_model, metrics, mixture, naive_bayes, pipeline, preprocessing
    from sklearn.metrics import pairwise

    cases = {n: (lambda x, y, t, scale=getattr(preprocessing, n): scale().fit_transform(x)) for n in ("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "Normalizer", "Binarizer", "PolynomialFeatures")}
    cases |= {"PCA full": lambda x, y, t: decomposition.PCA(2, svd_solver="full").fit(x).explained_variance_,
              "PCA covariance": lambda x, y, t: decomposition.PCA(2, svd_solver="covariance_eigh").fit_transform(x) ** 2,
              "Ridge": lambda x, y, t: linear_model.Ridge(solver="svd").fit(x, t).predict(x), "RidgeCV": lambda x, y, t: linear_model.RidgeCV().fit(x, t).predict(x),
              "RidgeClassifier": lambda x, y, t: linear_model.RidgeClassifier(solver="svd").fit(x, y).predict(x),
              "LinearDiscriminantAnalysis": lambda x, y, t: discriminant_analysis.LinearDiscriminantAnalysis(solver="svd").fit(x, y).predict(x),
              "LogisticRegression": lambda x, y, t: linear_model.LogisticRegression(solver="lbfgs").fit(x, y).predict(x),
              "GaussianNB": lambda x, y, t: naive_bayes.GaussianNB().fit(x, y).predict_proba(x),
              "GaussianMixture": lambda x, y, t: mixture.GaussianMixture(2, random_state=0, init_params="random").fit(x).means_,
              "Nystroem": lambda x, y, t: kernel_approximation.Nystroem(n_components=10, random_state=0).fit_transform(x),
              "pipeline": lambda x, y, t: pipeline.make_pipeline(preprocessing.StandardScaler(), decomposition.PCA(2)).fit_transform(x) ** 2,
              "LabelEncoder": lambda x, y, t: preprocessing.LabelEncoder().fit_transform(y)}
    for n in ("accuracy_score", "f1_score", "precision_score", "recall_score", "jaccard_score", "zero_one_loss", "hamming_loss", "balanced_accuracy_score", "cohen_kappa_score", "confusion_matrix"):
        cases[n] = lambda x, y, t, f=getattr(metrics, n): f(y, (y + (x[:, 2] > 1)) % 2)
    for n in ("mean_squared_error", "mean_absolute_error", "r2_score", "explained_variance_score", "max_error", "root_mean_squared_error", "mean_pinball_loss", "mean_tweedie_deviance"):
        cases[n] = lambda x, y, t, f=getattr(metrics, n): f(t, t + x[:, 0])
    for n in ("log_loss", "brier_score_loss", "average_precision_score"):
        cases[n] = lambda x, y, t, f=getattr(metrics, n): f(y, 1 / (1 + 2.0 ** (-x[:, 0])))
    for n in ("cosine_similarity", "euclidean_distances", "linear_kernel", "polynomial_kernel", "rbf_kernel", "sigmoid_kernel", "laplacian_kernel", "manhattan_distances", "chi2_kernel"):
        cases[n] = lambda x, y, t, f=getattr(pairwise, n): f(abs(x), abs(x) + 1)
    return cases


@pytest.mark.parametrize("name", sorted(sklearn_cases()))
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn(name):
    from sklearn import config_context

    call = sklearn_cases()[name]

    def dispatched(*arrays):
        with config_context(array_api_dispatch=True):
            return call(*arrays)

    # Scores are plain floats; where both labels and numbers go in, the result is a tensor.
    same(dispatched, A, LABELS, TARGET, tensors=False)
