"""Samples of every op, one record each: what `./dev parity` calls in playhead and in PyTorch, with PyTorch's names and arguments.
Rows of the elementwise table need no record: theirs are made from the table's own ranges."""
import numpy as np


class T:
    """A tensor argument: values without symmetry in [lo, hi), the same at every run. `grad`: whether it is differentiated."""

    def __init__(self, *shape, lo=-2.0, hi=2.0, kind="float", grad=True, values=None):
        shape = () if shape == ((),) else shape
        self.shape, self.lo, self.hi, self.kind, self.values = shape, lo, hi, kind, values
        self.grad = grad and kind == "float"

    def array(self, rng):
        if self.values is not None:
            return np.asarray(self.values)
        if self.kind == "int":
            return rng.integers(int(self.lo), int(self.hi), self.shape)
        if self.kind == "bool":
            return rng.random(self.shape) < 0.5
        return rng.uniform(self.lo, self.hi, self.shape)


def i(*shape, n):
    """Indices below n."""
    return T(*shape, lo=0, hi=n, kind="int")


def b(*shape):
    return T(*shape, kind="bool")


def v(*values):
    """These integers."""
    return T(values=values, kind="int")


class Sample:
    def __init__(self, *args, first=False, **kwargs):
        self.args, self.kwargs = args, kwargs
        self.first = first  # only first derivatives are compared


S = Sample
P = dict(lo=0.2, hi=2.0)  # positive
M = T(3, 4, 5)
records = {}
EDGES = T(values=[-1.5, -0.5, 0.2, 0.9, 1.8], grad=False)


def row_samples(lo, hi, arity, domain):
    """Samples of a row of the elementwise table, from its own range."""
    kind = "int" if domain in "IZ" else "float"
    t = lambda *shape: T(*shape, lo=lo, hi=hi, kind=kind)  # noqa: E731
    if arity == 1:
        return (S(t(3, 4)), S(t()), S(t(0, 3)))
    return (S(t(3, 4), t(3, 4)), S(t(3, 1), t(4)), S(t(()), t(2)), S(t(0, 3), t(1, 3)))


def R(names, *samples, **options):
    """`names`: playhead's, or playhead's and PyTorch's as "ph = torch"; dotted where they are in a submodule."""
    for name in names.split(", "):
        ours, _, theirs = name.partition(" = ")
        records[ours] = (theirs or ours, samples, options)


# --- reductions and scans -----------------------------------------------------------------------------------------------------
R("sum, mean, prod, nansum, nanmean", S(M), S(M, dim=1), S(M, dim=1, keepdim=True), S(T(())), S(T(0, 3), dim=1))
R("amax, amin", S(M), S(M, dim=1), S(M, dim=(0, 2), keepdim=True))
R("max = amax, min = amin", S(M, dim=1), S(M, dim=(0, 2)))
R("logsumexp", S(M, dim=1), S(M, dim=(0, 2), keepdim=True))
R("var, std", S(M, correction=1), S(M, dim=1, correction=0), S(M, dim=(0, 2), correction=1, keepdim=True))
R("var_mean, std_mean", S(M, dim=1, correction=1), S(M, dim=(0, 2), correction=0, keepdim=True))
R("any, all, count_nonzero", S(b(3, 4)), S(b(3, 4), dim=1))
R("argmax, argmin", S(M), S(M, dim=1), S(M, dim=2, keepdim=True))
R("aminmax", S(M, dim=1))
R("cumsum, cumprod, logcumsumexp, cummax, cummin", S(M, 1), S(M, dim=-1), S(T(0, 3), 0))
R("cumprod", S(M, 1), S(T(values=[[1.0, 0.0, 2.0, 3.0], [0.0, 2.0, 0.0, 1.0]]), 1))
R("median, nanmedian", S(T(5)), S(T(4, 5), dim=1), S(T(4, 5), dim=0, keepdim=True))
R("mode", S(i(6, 5, n=3), dim=1))
R("kthvalue", S(M, 2), S(M, 2, dim=0, keepdim=True))
R("quantile, nanquantile", S(T(7), 0.3), S(T(4, 5), 0.6, dim=1), S(T(4, 5), 0.6, dim=1, keepdim=True, interpolation="lower"))
R("diff", S(M), S(M, n=2, dim=1), S(T(3, 4), prepend=T(3, 2), append=T(3, 1)))
R("trapezoid, cumulative_trapezoid, trapz", S(T(3, 5)), S(T(3, 5), T(5, **P)), S(T(3, 5), dx=0.5, dim=0))
R("gradient", S(T(4, 5)), S(T(4, 5), spacing=0.5, edge_order=2), S(T(4, 5), dim=(1,), spacing=2.0), S(T(4, 5), spacing=[0.5, 2.0], dim=(1, 0)),
  S(T(3, 5), spacing=[EDGES], dim=(1,)), S(T(3, 5), spacing=[EDGES], dim=(1,), edge_order=2))
R("norm = linalg.vector_norm", S(M), S(M, 3.0, dim=1), S(M, 1.0, dim=(0, 2), keepdim=True))
# --- shapes -------------------------------------------------------------------------------------------------------------------
R("reshape, view = Tensor.view", S(M, (4, 15)), S(M, (2, -1)))
R("flatten", S(M), S(M, 1), S(M, start_dim=0, end_dim=1))
R("unflatten", S(M, 1, (2, 2)))
R("ravel, atleast_1d, atleast_2d, atleast_3d", S(T(3, 4)), S(T(3)), S(T(())))
R("permute, permute_dims = permute", S(M, (2, 0, 1)))
R("transpose, swapaxes, swapdims", S(M, 0, 2), S(M, -1, 1))
R("t", S(T(3, 4)), S(T(3)))
R("matrix_transpose = Tensor.mT", S(M))
R("movedim, moveaxis", S(M, 0, 2), S(M, (0, 1), (2, 0)))
R("squeeze", S(T(3, 1, 4, 1)), S(T(3, 1, 4, 1), 1))
R("unsqueeze", S(M, 1), S(M, -1))
R("flip", S(M, (0, 2)))
R("fliplr, flipud", S(M))
R("rot90", S(M), S(M, 2, (0, 2)), S(M, -1, (1, 2)))
R("broadcast_to", S(T(3, 1), (2, 3, 4)))
R("broadcast_tensors", S(T(3, 1), T(4)))
R("select", S(M, 1, 2))
R("narrow", S(M, 1, 1, 2))
R("diagonal", S(M), S(M, 1, 0, 2), S(M, offset=-1, dim1=1, dim2=2))
R("as_strided", S(T(12), (3, 4), (4, 1)), S(T(12), (3, 3), (2, 1), 1))
R("split", S(M, 2, dim=1), S(M, (1, 3), dim=1))
R("chunk", S(M, 3, dim=1))
R("tensor_split", S(M, 3, dim=1), S(M, (1, 3), dim=2))
R("hsplit, vsplit", S(T(4, 6), 2), S(T(4, 6), (1, 3)))
R("dsplit", S(T(2, 3, 4), 2), S(T(2, 3, 4), (1,)))
R("broadcast_shapes", S((2, 1), (3,)))
R("block_diag", S(T(2, 3), T(4), T(())), S(T(1, 1)))
R("cartesian_prod", S(T(3), T(2)), S(T(3)))
R("combinations", S(T(4)), S(T(4), 3, with_replacement=True), S(T(4), 1))
R("unbind", S(M), S(M, 1))
R("cat, concat, concatenate", S([T(2, 3), T(4, 3)]), S([T(2, 3), T(2, 1)], dim=1))
R("stack", S([T(2, 3), T(2, 3)]), S([T(2, 3), T(2, 3)], dim=1))
R("hstack, vstack, dstack, column_stack", S([T(2, 3), T(2, 3)]), S([T(3), T(3)]))
R("tile", S(T(2, 3), (2, 1, 2)), S(T(2, 3), (2,)))
R("repeat_interleave", S(T(2, 3), 2), S(T(2, 3), 2, dim=1), S(T(2, 3), v(1, 2, 0), dim=1))
R("roll", S(M, 2, 1), S(M, (1, -2), (0, 2)), S(T(3, 4), 5))
R("diag_embed", S(T(3, 4)), S(T(3, 4), 1, 0, 2))
R("diag", S(T(4)), S(T(3, 4), 1), S(T(4), -1))
R("diagflat", S(T(2, 2)), S(T(3), 1))
R("tril, triu", S(M), S(T(3, 4), diagonal=1))
R("pad = nn.functional.pad", S(M, (1, 2)), S(M, (1, 2, 0, 1), value=3.0), S(T(2, 3, 6), (2, 1), mode="reflect"), S(T(2, 3, 6), (2, 1), mode="replicate"),
  S(T(2, 3, 6), (2, 1), mode="circular"), S(M, (-1, 1)))
# --- indexing -----------------------------------------------------------------------------------------------------------------
R("gather", S(T(3, 4), 1, i(3, 2, n=4)))
R("take_along_dim", S(T(3, 4), i(3, 2, n=4), dim=1), S(T(3, 4), i(5, n=12)))
R("take", S(T(3, 4), i(5, n=12)))
R("index_select", S(M, 1, i(6, n=4)))
R("scatter", S(T(3, 5), 1, T(values=[[0, 1], [2, 4], [3, 0]], kind="int"), T(3, 2)))
R("scatter_add", S(T(3, 5), 1, i(3, 2, n=5), T(3, 2)))
R("scatter_reduce", *[S(T(3, 5), 1, i(3, 4, n=5), T(3, 4, **P), how, include_self=s) for how in ("sum", "prod", "mean", "amax", "amin") for s in (True, False)])
R("index_add", S(T(3, 5), 1, i(4, n=5), T(3, 4)), S(T(3, 5), 1, i(4, n=5), T(3, 4), alpha=2.5))
R("index_copy", S(T(3, 5), 1, v(3, 1), T(3, 2)))
R("index_reduce", *[S(T(3, 5), 1, i(4, n=5), T(3, 4, **P), how, include_self=s) for how in ("prod", "mean", "amax", "amin") for s in (True, False)])
R("index_fill", S(T(3, 5), 1, v(3, 1), 2.5))
R("put = Tensor.put", S(T(3, 4), v(3, 7, 1), T(3)))
R("masked_fill", S(T(3, 4), b(3, 4), 2.5), S(T(3, 4), b(4), 0.0))
R("masked_scatter", S(T(3, 4), b(3, 4), T(12)))
R("masked_select", S(T(3, 4), b(3, 4)), S(T(3, 1), b(4)))
R("argwhere", S(b(3, 4)))
R("select_scatter", S(T(3, 4), T(3), 1, 2))
R("slice_scatter", S(T(6, 4), T(2, 4), dim=0, start=1, end=5, step=2))
R("diagonal_scatter", S(T(4, 4), T(3), 1))
R("as_strided_scatter", S(T(4, 5, grad=False), T(2, 2), (2, 2), (1, 5), 3), S(T(12), T(3, 3), (3, 3), (4, 1)))
R("fill", S(T(3, 4), 2.5), S(T(3, 4), T(())))
R("unravel_index", S(i(3, 2, n=24), (2, 3, 4)))
R("where", S(b(3, 4), T(3, 4), T(4)), S(b(3, 1), T(4), 2.0))
R("sort", S(M), S(M, dim=1, descending=True))
R("msort", S(M))
R("argsort", S(M, 1), S(M, dim=1, descending=True))
R("topk", S(M, 2), S(M, 3, dim=0, largest=False))
R("searchsorted", S(EDGES, T(3, 4)), S(EDGES, T(3, 4), right=True), S(EDGES, T(3, 4), side="right"), S(T(values=[[0.0, 1.0], [0.5, 0.5]]), T(2, 3)), S(EDGES, 0.3),
  S(EDGES, T(3), out_int32=True), S(T(values=[3.0, 1.0, 2.0]), T(4), sorter=v(1, 2, 0)))
R("bucketize", S(T(3, 4), EDGES), S(T(3, 4), EDGES, right=True))
R("isin", S(i(3, 4, n=6), v(1, 4)), S(i(3, 4, n=6), v(1, 4), invert=True), S(i(3, 4, n=6), 2), S(2, v(1, 2)))
R("unique", *[S(i(4, 3, n=2), return_inverse=True, return_counts=True, dim=d) for d in (None, 0, 1)], S(i(4, 3, n=3)))
R("unique_consecutive", *[S(i(6, 2, n=2), return_inverse=True, return_counts=True, dim=d) for d in (None, 0, 1)])
R("bincount", S(i(9, n=5)), S(i(9, n=5), T(9, grad=False), minlength=8))
R("histc", S(T(30)), S(T(30), 7, -1.0, 1.0), S(T(values=[2.0, 2.0]), 4))
R("histogram", S(T(30, grad=False), 6), S(T(30, grad=False), 6, range=(-1.0, 1.0), density=True), S(T(30, grad=False), EDGES, weight=T(30, **P, grad=False)))
R("histogramdd", S(T(30, 2, grad=False), [3, 4]), S(T(30, 2, grad=False), [3, 4], range=[-1.0, 1.0, 0.0, 2.0], density=True), S(T(30, 2, grad=False), [EDGES, EDGES]))
# --- products -----------------------------------------------------------------------------------------------------------------
R("matmul", S(T(3, 4), T(4, 5)), S(T(2, 3, 4), T(4)), S(T(4), T(2, 4, 3)), S(T(5, 1, 3, 4), T(2, 4, 3)), S(T(3, 0), T(0, 2)))
R("mm", S(T(3, 4), T(4, 5)))
R("bmm", S(T(2, 3, 4), T(2, 4, 5)))
R("mv", S(T(3, 4), T(4)))
R("dot, vdot", S(T(4), T(4)))
R("inner", S(T(2, 4), T(3, 4)), S(T(4), T(4)))
R("outer", S(T(3), T(4)))
R("kron", S(T(2, 3), T(3, 2)))
R("vecdot = linalg.vecdot", S(T(3, 4), T(3, 4)), S(T(3, 4), T(4)))
R("cross = linalg.cross", S(T(2, 3), T(2, 3)), S(T(3, 2), T(3, 2), dim=0))
R("trace", S(T(4, 4)))
R("tensordot", S(T(2, 3, 4), T(3, 4, 5)), S(T(2, 3, 4), T(4, 3, 5), ([1, 2], [1, 0])))
R("addmm", S(T(3, 5), T(3, 4), T(4, 5)), S(T(5), T(3, 4), T(4, 5), beta=0.5, alpha=2.0))
R("baddbmm", S(T(2, 3, 5), T(2, 3, 4), T(2, 4, 5), beta=0.5, alpha=2.0))
R("addmv", S(T(3), T(3, 4), T(4), beta=0.5, alpha=2.0))
R("einsum", S("ij,jk->ik", T(3, 4), T(4, 5)), S("bij,bjk,kl->bil", T(2, 3, 4), T(2, 4, 5), T(5, 2)), S("ii->i", T(3, 3)), S("...i,i->...", T(2, 3, 4), T(4)))
R("linear = nn.functional.linear", S(T(2, 3, 4), T(5, 4), T(5)), S(T(4), T(5, 4)))
# --- nn -----------------------------------------------------------------------------------------------------------------------
F = "nn.functional."
R("softmax, log_softmax, softmin = nn.functional.softmin", S(M, dim=1), S(M, dim=-1))
R(f"layer_norm = {F}layer_norm", S(M, (5,), T(5), T(5)), S(M, (4, 5)))
R(f"rms_norm = {F}rms_norm", S(M, (5,), T(5)))
R(f"normalize = {F}normalize", S(M), S(M, p=3.0, dim=2))
R(f"cosine_similarity = {F}cosine_similarity", S(M, T(3, 4, 5), dim=2), first=True)
R(f"pairwise_distance = {F}pairwise_distance", S(T(3, 4), T(3, 4)))
R(f"embedding = {F}embedding", S(i(3, 2, n=6), T(6, 4)))
R(f"one_hot = {F}one_hot", S(i(3, 2, n=5), 5))
R(f"scaled_dot_product_attention = {F}scaled_dot_product_attention", S(T(2, 3, 4, 5), T(2, 3, 6, 5), T(2, 3, 6, 5)), S(T(2, 4, 5), T(2, 4, 5), T(2, 4, 5), is_causal=True),
  S(T(2, 4, 5), T(2, 6, 5), T(2, 6, 5), attn_mask=T(4, 6)), S(T(2, 4, 5), T(2, 6, 5), T(2, 6, 5), scale=0.3))
three = ("none", "mean", "sum")
R(f"cross_entropy = {F}cross_entropy", *[S(T(4, 5), i(4, n=5), reduction=r) for r in three], S(T(4, 5, 2), i(4, 2, n=5), weight=T(5, **P, grad=False)),
  S(T(4, 5), i(4, n=5), label_smoothing=0.2, ignore_index=2), S(T(4, 5), T(4, 5, **P)))
R(f"nll_loss = {F}nll_loss", *[S(T(4, 5), i(4, n=5), reduction=r) for r in three])
R(f"mse_loss = {F}mse_loss, l1_loss = {F}l1_loss, smooth_l1_loss = {F}smooth_l1_loss, huber_loss = {F}huber_loss", *[S(T(4, 5), T(4, 5), reduction=r) for r in three])
R(f"binary_cross_entropy = {F}binary_cross_entropy", *[S(T(4, 5, lo=0.1, hi=0.9), T(4, 5, lo=0.0, hi=1.0, grad=False), reduction=r) for r in three])
R(f"binary_cross_entropy_with_logits = {F}binary_cross_entropy_with_logits", *[S(T(4, 5), T(4, 5, lo=0.0, hi=1.0, grad=False), reduction=r) for r in three],
  S(T(4, 5), T(4, 5, lo=0.0, hi=1.0, grad=False), weight=T(4, 5, **P, grad=False), pos_weight=T(5, **P, grad=False)))
R(f"kl_div = {F}kl_div", *[S(T(4, 5), T(4, 5, **P), reduction=r) for r in (*three, "batchmean")], S(T(4, 5), T(4, 5), log_target=True))
R(f"conv1d = {F}conv1d", S(T(2, 4, 9), T(6, 4, 3), T(6)), S(T(2, 4, 9), T(6, 2, 3), stride=2, padding=1, dilation=2, groups=2), S(T(4, 9), T(6, 4, 4), padding="same"))
R(f"conv2d = {F}conv2d", S(T(2, 4, 6, 7), T(6, 4, 3, 2), T(6)), S(T(2, 4, 6, 7), T(4, 1, 3, 3), stride=(2, 1), padding=(1, 2), groups=4))
R(f"conv3d = {F}conv3d", S(T(1, 2, 4, 5, 4), T(3, 2, 2, 3, 2), T(3), padding=1))
R(f"conv_transpose1d = {F}conv_transpose1d", S(T(2, 4, 5), T(4, 3, 3), T(3), stride=2, output_padding=1))
R(f"conv_transpose2d = {F}conv_transpose2d", S(T(2, 4, 5, 4), T(4, 3, 3, 2), T(6), stride=2, padding=1, groups=2))
R(f"conv_transpose3d = {F}conv_transpose3d", S(T(1, 2, 3, 3, 3), T(2, 3, 2, 2, 2), dilation=2))
R(f"gelu = {F}gelu", S(M), S(M, approximate="tanh"))
R(f"prelu = {F}prelu", S(T(2, 3, 4), T(3)), S(T(2, 3, 4), T(1)))
# --- elementwise with arguments -----------------------------------------------------------------------------------------------
R("add, sub", S(T(3, 4), T(4)), S(T(3, 4), T(4), alpha=2.5), S(i(3, 4, n=9), i(4, n=9), alpha=3))
R("lerp", S(T(3, 4), T(4), T(3, 4)), S(T(3, 4), T(3, 4), 0.3))
R("addcmul, addcdiv", S(T(3, 4), T(4), T(3, 1, **P)), S(T(3, 4), T(3, 4), T(3, 4, **P), value=2.5))
AT_BOUNDS = T(values=[-2.0, -1.0, 0.0, 1.0, 2.0])
R("clip, clamp", S(M, -1.0, 1.0), S(M, min=T(4, 5, lo=-2.0, hi=0.0), max=T(5, **P)), S(M, max=0.5), S(AT_BOUNDS, -1.0, 1.0))
R("clamp_min, clamp_max", S(M, 0.3), S(AT_BOUNDS, 1.0))
R("rsub", S(T(3, 4), T(4)), S(T(3, 4), 2.0))
R("float_power", S(T(3, 4, **P), T(4)), S(T(3, 4, **P), 2.0))
R("nan_to_num", S(T(values=[1.0, np.nan, np.inf, -np.inf])), S(T(values=[1.0, np.nan, np.inf, -np.inf]), nan=2.0, posinf=3.0, neginf=-4.0))
R("round", S(M), S(M, decimals=1))
R("isclose", S(M, T(3, 4, 5)))
R("frexp", S(M))
R("polygamma = special.polygamma", S(1, T(3, 4, **P)), S(3, T(3, 4, **P)))
R("div", S(M, T(4, 5, **P)), S(M, T(4, 5, **P), rounding_mode="trunc"), S(M, T(4, 5, **P), rounding_mode="floor"))
R("polar", S(T(3, 4, **P), T(3, 4)))
R("complex", S(T(3, 4), T(3, 4)))
R(f"softplus = {F}softplus, elu = {F}elu, celu = {F}celu", S(M), S(M, 2.0))
R(f"leaky_relu = {F}leaky_relu", S(M), S(M, 0.2))
R(f"hardtanh = {F}hardtanh", S(M), S(M, -0.5, 1.5))
R(f"softshrink = {F}softshrink, hardshrink = {F}hardshrink", S(M), S(M, 0.2))
R(f"threshold = {F}threshold", S(M, 0.5, 3.0))
# --- creation -----------------------------------------------------------------------------------------------------------------
R("zeros, ones", S((2, 3)), S(()), S((0, 3)))
R("full", S((2, 3), 2.5), S((2,), True), S((2,), 3))
R("zeros_like, ones_like", S(M))
R("full_like", S(M, 2.5))
R("arange", S(5), S(2, 7), S(1.0, 2.0, 0.3), S(7, 1, -2))
R("linspace", S(0.0, 1.0, 7), S(2.0, -1.0, 1))
R("logspace", S(0.0, 1.0, 7), S(0.0, 3.0, 4, 2.0))
R("eye", S(3), S(3, 4))
R("tril_indices, triu_indices", S(3, 4), S(4, 4, 1))
R("meshgrid", S(T(3), T(4), indexing="xy"), S(T(3), T(4), indexing="ij"))
R("clone", S(M))
R("scalar_tensor", S(2.5))
# --- families with modules of their own -----------------------------------------------------------------------------------------
fft_one = (S(T(3, 8)), S(T(3, 7), n=5), S(T(3, 7), n=9, dim=0, norm="ortho"), S(T(3, 8), norm="forward"))
R("fft.fft, fft.ifft, fft.rfft, fft.irfft, fft.hfft, fft.ihfft", *fft_one)
R("fft.fft2, fft.ifft2, fft.rfft2, fft.irfft2, fft.fftn, fft.ifftn, fft.rfftn, fft.irfftn", S(T(3, 4, 6)), S(T(3, 4, 6), s=(3, 5), dim=(0, 2), norm="ortho"))
R("fft.fftshift, fft.ifftshift", S(T(3, 5)), S(T(3, 5), dim=1))
R("fft.fftfreq, fft.rfftfreq", S(7), S(8, d=0.5))
R("fft.hfft2, fft.ihfft2, fft.hfftn, fft.ihfftn", S(T(3, 4, 6)))
R("stft", S(T(2, 40), 8, return_complex=True), S(T(40), 8, hop_length=3, win_length=6, window=T(6, **P), center=False, onesided=False, return_complex=True))
R("mvlgamma = special.multigammaln", S(T(3, 4, lo=2.0, hi=5.0), 3))
R("logit", S(T(3, 4, lo=0.1, hi=0.9)), S(T(3, 4, lo=-0.5, hi=1.5), eps=0.1))
degrees = (S(T(3, 4, grad=False), i(4, n=6)),)  # PyTorch has no derivatives
R("special.chebyshev_polynomial_t, special.chebyshev_polynomial_u, special.chebyshev_polynomial_v, special.chebyshev_polynomial_w", *degrees)
R("special.shifted_chebyshev_polynomial_t, special.shifted_chebyshev_polynomial_u, special.shifted_chebyshev_polynomial_v, special.shifted_chebyshev_polynomial_w", *degrees)
R("special.hermite_polynomial_h, special.hermite_polynomial_he, special.laguerre_polynomial_l, special.legendre_polynomial_p", *degrees)
windows = (S(7), S(8, sym=False), S(0), S(1))
R("signal.windows.bartlett, signal.windows.blackman, signal.windows.cosine, signal.windows.hamming, signal.windows.hann, signal.windows.nuttall", *windows)
R("signal.windows.exponential, signal.windows.gaussian, signal.windows.general_hamming, signal.windows.kaiser", *windows)
R("bartlett_window, blackman_window, hamming_window, hann_window, kaiser_window", S(7), S(8, False), S(0), S(1))
R("signal.windows.general_cosine", S(7, a=[0.5, 0.3, 0.2]))
SQ, SPD = T(2, 4, 4), None
R("linalg.inv, linalg.det, linalg.slogdet, inverse, det, slogdet, adjoint", S(T(2, 4, 4)), S(T(3, 3)))
R("linalg.solve", S(T(2, 4, 4), T(2, 4, 3)), S(T(4, 4), T(4)))
R("linalg.matrix_norm", *[S(T(2, 3, 4), o) for o in ("fro", "nuc", 1.0, float("inf"), 2.0)])
R("linalg.vector_norm", S(M), S(M, 1.0, dim=1))
R("linalg.matrix_power", S(T(3, 3), 3), S(T(3, 3), 0), S(T(2, 3, 3), -2))
R("linalg.matrix_exp", S(T(3, 3)), S(T(2, 4, 4)))
R("linalg.svdvals", S(T(2, 3, 4)))
R("linalg.pinv", S(T(3, 4)), S(T(2, 4, 3)))
R("linalg.multi_dot", S([T(3, 4), T(4, 5), T(5, 2)]))
R("linalg.cond, linalg.matrix_rank", S(T(3, 3)))
R("linalg.vander", S(T(4)), S(T(2, 3), N=5))
R("linalg.diagonal", S(M))
R("cdist", S(T(3, 4), T(5, 4)), S(T(2, 3, 4), T(2, 5, 4), p=1.0), S(T(3, 4), T(5, 4), p=3.0))
R("addbmm", S(T(3, 5), T(2, 3, 4), T(2, 4, 5)))
R("addr", S(T(3, 4), T(3), T(4)))
R("cov, corrcoef", S(T(3, 6)))
R("dist", S(T(3, 4), T(3, 4)), S(T(3, 4), T(3, 4), 3.0))
R("renorm", S(T(3, 4), 2.0, 0, 1.0))
# Factors are compared where they are unique: as products, or as absolute values.
def symmetric(a):
    return a + a.mT


def spd(a):
    return a @ a.mT + 2 * (a * 0 + 1).tril().triu()


class D(T):
    """A tensor that a function makes of the drawn one on both sides, recorded."""

    def __init__(self, f, *shape, **options):
        super().__init__(*shape, **options)
        self.f = f


R("linalg.cholesky, linalg.cholesky_ex", S(D(spd, 2, 4, 4)))
R("cholesky_inverse", S(D(lambda a: a.tril(), 3, 3, **P)))
R("cholesky_solve", S(T(3, 2), D(lambda a: a.tril(), 3, 3, **P)))
R("linalg.qr", S(T(4, 3)), S(T(2, 3, 3)), unique=lambda r: [abs(r[0]), abs(r[1]), r[0] @ r[1]])
R("linalg.eigh", S(D(symmetric, 2, 4, 4)), unique=lambda r: [r[0], abs(r[1])])
R("linalg.eigvalsh", S(D(symmetric, 2, 4, 4)))
R("linalg.eig", S(T(4, 4)), unique=lambda r: [r[0].sum(), (r[0] * r[0]).sum()])
R("linalg.eigvals", S(T(4, 4)), unique=lambda r: [r.sum(), (r * r).sum()])
R("linalg.svd", S(T(4, 3), full_matrices=False), S(T(2, 3, 3), full_matrices=False), unique=lambda r: [r[1], abs(r[0]), abs(r[2])])
R("linalg.inv_ex, logdet", S(D(spd, 2, 3, 3)))
R("linalg.ldl_factor, linalg.ldl_factor_ex", S(D(symmetric, 3, 3)), unique=lambda r: [r[0].diagonal(0, -2, -1).sum() * 0])
R("linalg.lstsq", S(T(5, 3), T(5, 2)), unique=lambda r: [r[0]])
R("linalg.lu", S(T(4, 4)), S(T(2, 3, 4)))
R("linalg.lu_factor, linalg.lu_factor_ex", S(T(4, 4)), unique=lambda r: [r[0]])
R("linalg.solve_ex", S(T(4, 4), T(4, 2)), unique=lambda r: [r[0]])
R("linalg.solve_triangular", S(D(lambda a: a.tril(), 3, 3, **P), T(3, 2), upper=False), S(D(lambda a: a.triu(), 3, 3, **P), T(3, 2), upper=True), S(D(lambda a: a.triu(), 3, 3, **P), T(2, 3), upper=True, left=False))
R("linalg.matmul", S(T(3, 4), T(4, 5)))
R("linalg.cross, linalg.vecdot", S(T(4, 3), T(4, 3)))
R("linalg.outer = outer", S(T(4), T(3)))
R("linalg.trace = trace", S(T(4, 4)))
R("linalg.matrix_transpose = Tensor.mT", S(M))
R("linalg.norm", S(T(3, 4)), S(T(3, 4), "nuc"), S(T(3, 4), 1.0, dim=1), S(T(4), 3.0))
R("linalg.tensorinv", S(T(2, 3, 6), ind=2), S(T(6, 2, 3), ind=1))
R("linalg.tensorsolve", S(T(2, 3, 6), T(2, 3)))
R("matrix_exp", S(T(3, 3)))
R("matrix_power", S(T(3, 3), 3))
R("pinverse", S(T(3, 4)))
R("householder_product = linalg.householder_product, linalg.householder_product", S(T(4, 3), T(3)))
P2 = F + "%s_pool%dd"
for n, shape in ((1, (2, 3, 8)), (2, (2, 3, 6, 7)), (3, (1, 2, 4, 5, 6))):
    R(f"max_pool{n}d = {F}max_pool{n}d", S(T(*shape), 2), S(T(*shape), 3, stride=2, padding=1, ceil_mode=True))
    R(f"avg_pool{n}d = {F}avg_pool{n}d", S(T(*shape), 2), S(T(*shape), 3, stride=2, padding=1, ceil_mode=True, count_include_pad=False))
    R(f"lp_pool{n}d = {F}lp_pool{n}d", S(T(*shape, **P), 3.0, 2))
    R(f"adaptive_avg_pool{n}d = {F}adaptive_avg_pool{n}d, adaptive_max_pool{n}d = {F}adaptive_max_pool{n}d", S(T(*shape), 3), S(T(*shape), 1))
R(f"interpolate = {F}interpolate", S(T(1, 2, 4, 5), size=(7, 3)), S(T(1, 2, 4, 5), scale_factor=2.0, mode="bilinear"), S(T(1, 2, 4, 5), size=(7, 3), mode="bicubic", align_corners=True),
  S(T(1, 2, 7), size=4, mode="linear"), S(T(1, 1, 3, 4, 2), size=(5, 2, 4), mode="trilinear"), S(T(1, 2, 4, 5), size=(2, 3), mode="area"),
  S(T(1, 2, 4, 5), size=(7, 3), mode="nearest-exact"), S(T(1, 2, 9, 7), size=(4, 8), mode="bicubic", antialias=True), S(T(1, 2, 9, 7), scale_factor=(0.4, 1.5), mode="bilinear", antialias=True))
R(f"grid_sample = {F}grid_sample", *[S(T(1, 2, 4, 5), T(1, 3, 2, 2, lo=-1.2, hi=1.2), mode=m, padding_mode=p, align_corners=False) for m in ("bilinear", "nearest", "bicubic") for p in ("zeros", "border", "reflection")], first=True)
R(f"fractional_max_pool2d = {F}fractional_max_pool2d", S(T(1, 2, 7, 9), (2, 3), (4, 5), _random_samples=T(1, 2, 2, lo=0.0, hi=1.0, grad=False)))
R(f"fractional_max_pool3d = {F}fractional_max_pool3d", S(T(1, 2, 5, 6, 7), 2, 3, _random_samples=T(1, 2, 3, lo=0.0, hi=1.0, grad=False)))
R(f"max_unpool1d = {F}max_unpool1d", S(T(1, 1, 3), T(values=[[[1, 2, 5]]], kind="int"), 2), S(T(1, 1, 3), T(values=[[[0, 3, 6]]], kind="int"), 2, output_size=(7,)))
R(f"max_unpool2d = {F}max_unpool2d", S(T(1, 1, 2, 2), T(values=[[[[0, 3], [9, 14]]]], kind="int"), 2))
R(f"max_unpool3d = {F}max_unpool3d", S(T(1, 1, 1, 1, 2), T(values=[[[[[5, 8]]]]], kind="int"), 2))
R(f"affine_grid = {F}affine_grid", S(T(2, 2, 3), (2, 1, 3, 4), align_corners=False))
R(f"fold = {F}fold", S(T(1, 8, 6), (3, 4), 2))
R(f"im2col = {F}unfold", S(T(1, 2, 4, 5), 2), S(T(1, 2, 4, 5), (2, 3), padding=1, stride=2, dilation=1))
R("array_equal = equal", S(M, M))
# --- losses, normalisation, bags, attention -------------------------------------------------------------------------------------
def yes_or_no(a):
    return 1 - 2 * (a > 0).to(a.dtype)


def likelihoods(a):
    return a - a.logsumexp(-1).unsqueeze(-1)


Y = D(yes_or_no, 4, 5, grad=False)
R(f"hinge_embedding_loss = {F}hinge_embedding_loss, soft_margin_loss = {F}soft_margin_loss", *[S(T(4, 5), Y, reduction=r) for r in three])
R(f"hinge_embedding_loss = {F}hinge_embedding_loss", *[S(T(4, 5), Y, margin=0.6, reduction=r) for r in three])
R(f"margin_ranking_loss = {F}margin_ranking_loss", *[S(T(4, 5), T(4, 5), Y, margin=0.3, reduction=r) for r in three])
R(f"cosine_embedding_loss = {F}cosine_embedding_loss", *[S(T(4, 5), T(4, 5), D(yes_or_no, 4, grad=False), margin=0.1, reduction=r) for r in three])
R(f"multi_margin_loss = {F}multi_margin_loss", *[S(T(4, 5), i(4, n=5), p=p, margin=0.8, reduction=r) for r in three for p in (1, 2)],
  S(T(4, 5), i(4, n=5), p=2, weight=T(5, **P, grad=False)))
R(f"multilabel_margin_loss = {F}multilabel_margin_loss", *[S(T(2, 4), T(values=[[3, 0, -1, 1], [1, -1, 2, 3]], kind="int"), reduction=r) for r in three])
R(f"multilabel_soft_margin_loss = {F}multilabel_soft_margin_loss", *[S(T(4, 5), T(4, 5, lo=0.0, hi=1.0), reduction=r) for r in three],
  S(T(4, 5), T(4, 5, lo=0.0, hi=1.0), weight=T(5, **P, grad=False)))
R(f"triplet_margin_loss = {F}triplet_margin_loss", *[S(T(4, 5), T(4, 5), T(4, 5), margin=2.0, swap=w, reduction=r) for r in three for w in (False, True)],
  S(T(4, 5), T(4, 5), T(4, 5), p=3.0))
R(f"triplet_margin_with_distance_loss = {F}triplet_margin_with_distance_loss",
  *[S(T(4, 5), T(4, 5), T(4, 5), distance_function=lambda x, y: ((x - y) ** 2).sum(-1), margin=2.0, swap=w) for w in (False, True)], S(T(4, 5), T(4, 5), T(4, 5)))
R(f"poisson_nll_loss = {F}poisson_nll_loss", *[S(T(4, 5), T(4, 5, lo=0.0, hi=4.0), reduction=r) for r in three], S(T(4, 5), T(4, 5, lo=0.0, hi=4.0, grad=False), full=True),
  S(T(4, 5, **P), T(4, 5, lo=0.0, hi=4.0), log_input=False, eps=1e-3))
R(f"gaussian_nll_loss = {F}gaussian_nll_loss", *[S(T(4, 5), T(4, 5), T(4, 5, **P), full=True, reduction=r) for r in three], S(T(4, 5), T(4, 5), T(4, **P)), S(T(4, 5), T(4, 5), T(1, 5, **P)),
  S(T(4, 5), T(4, 5), T(4, 5, **P), eps=0.7), S(T(4, 5), T(4, 5), 0.5))
R(f"linear_cross_entropy = {F}linear_cross_entropy", *[S(T(4, 3), T(5, 3), i(4, n=5), linear_bias=T(5), reduction=r) for r in three],
  S(T(4, 3), T(5, 3), i(4, n=5), weight=T(5, **P, grad=False), label_smoothing=0.2, ignore_index=2), S(T(4, 3), T(5, 3), T(4, 5, **P)))
targets, sizes = T(values=[[1, 1, 3], [2, 4, 1], [3, 2, 2]], kind="int"), T(values=[3, 2, 1], kind="int")
R(f"ctc_loss = {F}ctc_loss", *[S(D(likelihoods, 6, 3, 5), targets, T(values=[6, 5, 3], kind="int"), sizes, reduction=r) for r in three],
  S(D(likelihoods, 6, 3, 5), T(values=[1, 1, 3, 4, 0, 3], kind="int"), T(values=[6, 5, 3], kind="int"), sizes, blank=2),
  S(D(likelihoods, 6, 3, 5), targets, T(values=[3, 5, 3], kind="int"), sizes, zero_infinity=True), first=True)
C = T(3, 4, 5)
R(f"batch_norm = {F}batch_norm", S(C, None, None, T(4), T(4), training=True), S(T(6, 4), T(4, grad=False), T(4, **P, grad=False), T(4), T(4), True, 0.3, 1e-3),
  S(T(2, 4, 3, 6), T(4, grad=False), T(4, **P, grad=False), T(4), T(4)), S(C, T(4, grad=False), T(4, **P, grad=False)))
R(f"instance_norm = {F}instance_norm", S(C), S(C, T(4, grad=False), T(4, **P, grad=False), T(4), T(4)), S(C, T(4, grad=False), T(4, **P, grad=False), T(4), T(4), use_input_stats=False))
R(f"group_norm = {F}group_norm", S(C, 2, T(4), T(4)), S(C, 1), S(T(2, 6, 3, 4), 3, T(6), T(6), 1e-3))
R(f"local_response_norm = {F}local_response_norm", S(C, 3, 0.7, 0.6, 1.5), S(T(2, 5, 3, 2), 4, alpha=0.5))
R(f"glu = {F}glu", S(T(4, 6)), S(T(4, 6), dim=0))
R(f"rrelu = {F}rrelu", S(T(4, 5)), S(T(4, 5), 0.1, 0.5))
R(f"pdist = {F}pdist", *[S(T(4, 3), p) for p in (2.0, 1.0, 3.0, float("inf"))])
R(f"bilinear = {F}bilinear", S(T(2, 3), T(2, 4), T(5, 3, 4), T(5)), S(T(2, 2, 3), T(2, 2, 4), T(5, 3, 4)))
R(f"pixel_shuffle = {F}pixel_shuffle", S(T(2, 8, 2, 3), 2))
R(f"pixel_unshuffle = {F}pixel_unshuffle", S(T(2, 2, 4, 6), 2))
R(f"channel_shuffle = {F}channel_shuffle", S(T(2, 6, 2, 3), 3))
R(f"embedding_bag = {F}embedding_bag", *[S(i(3, 4, n=6), T(6, 2), mode=m) for m in ("sum", "mean", "max")],
  *[S(i(7, n=6), T(6, 2), T(values=[0, 2, 2], kind="int"), mode=m, padding_idx=1) for m in ("sum", "mean", "max")],
  S(i(3, 4, n=6), T(6, 2), mode="sum", per_sample_weights=T(3, 4)), S(i(7, n=6), T(6, 2), T(values=[0, 2, 7], kind="int"), include_last_offset=True), first=True)
attention = (T(2, 2, 4), T(3, 2, 4), T(3, 2, 4), 4, 2, T(12, 4), T(12))
R(f"multi_head_attention_forward = {F}multi_head_attention_forward", S(*attention, None, None, False, 0.0, T(4, 4), T(4)),
  S(*attention, T(1, 1, 4), T(1, 1, 4), True, 0.0, T(4, 4), T(4), attn_mask=T(2, 3), average_attn_weights=False), S(*attention, None, None, False, 0.0, T(4, 4), None, need_weights=False))
B = b(3, 4, 5)
X = dict(mask=B)
R("masked.sum, masked.prod, masked.mean, masked.amax, masked.amin, masked.logsumexp", S(M, 1, **X), S(M, (0, 2), keepdim=True, **X), S(M, **X), S(M, 1))
R("masked.var, masked.std", S(M, (0, 2), **X), S(M, (0, 2), correction=0, keepdim=True, **X), S(M, **X), S(M, 1))
R("masked.argmax, masked.argmin", S(M, 1, **X), S(M, **X), S(M, 0, keepdim=True, **X))
R("masked.median", S(M, 1, **X), S(M, dim=0, keepdim=True, **X))
R("masked.norm", S(M, 2.0, 1, **X), S(M, 1.0, (0, 2), **X), S(M, float("inf"), 1, **X))
R("masked.cumsum, masked.cumprod", S(M, 1, **X))
R("masked.softmax, masked.log_softmax, masked.softmin", S(M, 0, mask=T(values=[[True, True, False, True, True]] * 4, kind="bool")))
R("masked.normalize", S(M, 2.0, 1, **X), S(M, 1.0, 0, **X))
R("masked.logaddexp", S(M, T(3, 4, 5), input_mask=B, first=True), S(M, T(3, 4, 5)))
# --- what has no PyTorch twin, by its own test ------------------------------------------------------------------------------------
elsewhere = {
    "empty", "empty_like", "gumbel_softmax", "embedding_renorm_", "rand", "randn", "randperm", "rand_like", "randn_like", "randint", "randint_like", "normal", "bernoulli", "multinomial", "manual_seed", "seed",
    "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout", "asarray", "tensor", "from_numpy", "from_dlpack", "to_dot", "astype", "result_type", "promote_types", "can_cast", "isdtype", "get_default_dtype",
    "set_default_dtype", "set_default_device", "get_default_device", "get_num_threads", "set_num_threads", "get_printoptions", "set_printoptions", "empty_cache", "is_grad_enabled", "is_inference_mode_enabled",
    "detach", "finfo", "iinfo", "istft", "broadcast_arrays", "unique_all", "unique_counts", "unique_inverse", "unique_values", "empty_strided",
    "geqrf", "ormqr", "lu_solve", "lu_unpack", "linalg.lu_solve", "linalg.ldl_solve",
    "linalg.polar", "linalg.matrix_sqrth", "pca_lowrank", "svd_lowrank", "tri", "cumulative_sum", "cumulative_prod", "expand_dims", "unstack", "repeat", "take_along_axis", "nonzero", "real", "imag", "conj",
    "conj_physical", "is_tensor", "is_floating_point", "is_complex", "is_signed", "numel", "as_tensor", "get_rng_state", "set_rng_state", "initial_seed", "allclose", "view_as_real", "view_as_complex", "index_put", "gumbel_softmax", "embedding_renorm_",
}
