# Every name that playhead promises: PyTorch's public ops and the Python array API standard 2024.12. `Tensor.x` is a method or attribute;
# nn.functional.x is found in playhead.nn.functional too.
import pytest

import playhead as ph

NAMES = {
    "operators (Python)": """
        Tensor.__getitem__ Tensor.__radd__ Tensor.__rand__ Tensor.__rmatmul__ Tensor.__rmod__ Tensor.__rmul__ Tensor.__ror__
        Tensor.__rpow__ Tensor.__rsub__ Tensor.__rtruediv__ Tensor.__rxor__""",
    "random": """
        bernoulli multinomial normal rand_like randint randint_like randn randn_like Tensor.cauchy_ Tensor.exponential_
        Tensor.geometric_ Tensor.log_normal_ Tensor.uniform_""",
    "creation": """
        arange block_diag cartesian_prod combinations complex empty empty_like empty_strided eye full full_like linspace logspace
        meshgrid ones ones_like polar scalar_tensor tril_indices triu_indices zeros zeros_like Tensor.new_empty Tensor.new_full
        Tensor.new_ones Tensor.new_zeros""",
    "dtype and copy": """
        clone view_as_complex view_as_real Tensor.bfloat16 Tensor.bool Tensor.byte Tensor.cdouble Tensor.cfloat Tensor.char
        Tensor.contiguous Tensor.double Tensor.float Tensor.half Tensor.int Tensor.item Tensor.long Tensor.short Tensor.to""",
    "fft": """
        fft.fft fft.fft2 fft.fftn fft.fftshift fft.hfft fft.hfft2 fft.hfftn fft.ifft fft.ifft2 fft.ifftn fft.ifftshift fft.ihfft
        fft.ihfft2 fft.ihfftn fft.irfft fft.irfft2 fft.irfftn fft.rfft fft.rfft2 fft.rfftn""",
    "signal": """
        istft stft signal.windows.bartlett signal.windows.blackman signal.windows.cosine signal.windows.exponential
        signal.windows.gaussian signal.windows.general_cosine signal.windows.general_hamming signal.windows.hamming
        signal.windows.hann signal.windows.kaiser signal.windows.nuttall""",
    "masked": """
        masked.amax masked.amin masked.argmax masked.argmin masked.cumprod masked.cumsum masked.log_softmax masked.logaddexp
        masked.logsumexp masked.mean masked.median masked.norm masked.normalize masked.prod masked.softmax masked.softmin
        masked.std masked.sum masked.var""",
    "nn losses": """
        nn.functional.binary_cross_entropy nn.functional.binary_cross_entropy_with_logits nn.functional.cosine_embedding_loss
        nn.functional.cross_entropy nn.functional.ctc_loss nn.functional.gaussian_nll_loss nn.functional.hinge_embedding_loss
        nn.functional.huber_loss nn.functional.kl_div nn.functional.l1_loss nn.functional.linear_cross_entropy
        nn.functional.margin_ranking_loss nn.functional.mse_loss nn.functional.multi_margin_loss
        nn.functional.multilabel_margin_loss nn.functional.multilabel_soft_margin_loss nn.functional.nll_loss
        nn.functional.poisson_nll_loss nn.functional.smooth_l1_loss nn.functional.soft_margin_loss
        nn.functional.triplet_margin_loss nn.functional.triplet_margin_with_distance_loss""",
    "nn activations": """
        log_softmax sigmoid softmax nn.functional.celu nn.functional.elu nn.functional.gelu nn.functional.glu
        nn.functional.hardshrink nn.functional.hardsigmoid nn.functional.hardswish nn.functional.hardtanh nn.functional.leaky_relu
        nn.functional.logsigmoid nn.functional.mish nn.functional.prelu nn.functional.relu nn.functional.relu6 nn.functional.rrelu
        nn.functional.selu nn.functional.silu nn.functional.softmin nn.functional.softplus nn.functional.softshrink
        nn.functional.softsign nn.functional.tanhshrink nn.functional.threshold""",
    "nn conv and linear": """
        nn.functional.bilinear nn.functional.conv1d nn.functional.conv2d nn.functional.conv3d nn.functional.conv_transpose1d
        nn.functional.conv_transpose2d nn.functional.conv_transpose3d nn.functional.linear nn.functional.unfold""",
    "nn pooling": """
        nn.functional.adaptive_avg_pool1d nn.functional.adaptive_avg_pool2d nn.functional.adaptive_avg_pool3d
        nn.functional.adaptive_max_pool1d nn.functional.adaptive_max_pool2d nn.functional.adaptive_max_pool3d
        nn.functional.avg_pool1d nn.functional.avg_pool2d nn.functional.avg_pool3d nn.functional.fractional_max_pool2d
        nn.functional.fractional_max_pool3d nn.functional.max_pool1d nn.functional.max_pool2d nn.functional.max_pool3d
        nn.functional.max_unpool1d nn.functional.max_unpool2d nn.functional.max_unpool3d""",
    "nn normalization": """
        nn.functional.batch_norm nn.functional.group_norm nn.functional.instance_norm nn.functional.layer_norm
        nn.functional.local_response_norm nn.functional.normalize nn.functional.rms_norm""",
    "nn dropout": """
        nn.functional.alpha_dropout nn.functional.dropout nn.functional.dropout2d nn.functional.dropout3d
        nn.functional.feature_alpha_dropout""",
    "nn other": """
        nn.functional.channel_shuffle nn.functional.cosine_similarity nn.functional.embedding nn.functional.embedding_bag
        nn.functional.grid_sample nn.functional.interpolate nn.functional.multi_head_attention_forward nn.functional.one_hot
        nn.functional.pad nn.functional.pairwise_distance nn.functional.pdist nn.functional.pixel_shuffle
        nn.functional.pixel_unshuffle nn.functional.scaled_dot_product_attention""",
    "special functions": """
        digamma erf erfc erfinv i0 igamma igammac lgamma logit mvlgamma polygamma sinc xlogy special.airy_ai special.bessel_j0
        special.bessel_j1 special.bessel_y0 special.bessel_y1 special.chebyshev_polynomial_t special.chebyshev_polynomial_u
        special.chebyshev_polynomial_v special.chebyshev_polynomial_w special.entr special.erfcx special.hermite_polynomial_h
        special.hermite_polynomial_he special.i0e special.i1 special.i1e special.laguerre_polynomial_l
        special.legendre_polynomial_p special.log_ndtr special.modified_bessel_i0 special.modified_bessel_i1
        special.modified_bessel_k0 special.modified_bessel_k1 special.ndtr special.ndtri special.polygamma
        special.scaled_modified_bessel_k0 special.scaled_modified_bessel_k1 special.shifted_chebyshev_polynomial_t
        special.shifted_chebyshev_polynomial_u special.shifted_chebyshev_polynomial_v special.shifted_chebyshev_polynomial_w
        special.spherical_bessel_j0 special.xlog1py special.zeta""",
    "linear algebra": """
        addbmm addmm addmv addr baddbmm bmm cdist cholesky_inverse cholesky_solve corrcoef cov cross dist dot einsum geqrf inner
        kron logdet lu_solve lu_unpack matmul matrix_exp mm mv norm ormqr outer pca_lowrank pinverse renorm svd_lowrank tensordot
        trace vdot linalg.cholesky linalg.cholesky_ex linalg.cond linalg.cross linalg.det linalg.diagonal linalg.eig linalg.eigh
        linalg.eigvals linalg.eigvalsh linalg.householder_product linalg.inv linalg.inv_ex linalg.ldl_factor linalg.ldl_factor_ex
        linalg.ldl_solve linalg.lstsq linalg.lu linalg.lu_factor linalg.lu_factor_ex linalg.lu_solve linalg.matrix_norm
        linalg.matrix_power linalg.matrix_rank linalg.matrix_sqrth linalg.multi_dot linalg.norm linalg.pinv linalg.polar linalg.qr
        linalg.slogdet linalg.solve linalg.solve_ex linalg.solve_triangular linalg.svd linalg.svdvals linalg.tensorinv
        linalg.tensorsolve linalg.vander linalg.vecdot linalg.vector_norm""",
    "sorting and searching": """
        argmax argmin argsort argwhere bincount bucketize histc histogram histogramdd isin kthvalue mode msort nonzero
        searchsorted sort topk unique unique_consecutive""",
    "scans and differences": """
        cummax cummin cumprod cumsum cumulative_trapezoid diff gradient logcumsumexp trapezoid trapz""",
    "reductions": """
        all allclose amax amin aminmax any count_nonzero equal logsumexp max mean median min nanmean nanmedian nanquantile nansum
        prod quantile std std_mean sum var var_mean""",
    "indexing": """
        as_strided_scatter diagonal_scatter fill gather index_add index_copy index_fill index_put index_reduce index_select
        masked_fill masked_scatter masked_select narrow put scatter scatter_add scatter_reduce select select_scatter slice_scatter
        take take_along_dim unravel_index where Tensor.zero_""",
    "pointwise ternary": """
        addcdiv addcmul clamp lerp""",
    "shape and view": """
        as_strided atleast_1d atleast_2d atleast_3d broadcast_shapes broadcast_tensors broadcast_to cat chunk column_stack diag
        diag_embed diagflat diagonal dsplit dstack flatten flip fliplr flipud hsplit hstack movedim permute ravel
        repeat_interleave reshape roll rot90 split squeeze stack t tensor_split tile transpose tril triu unbind unflatten
        unsqueeze vsplit vstack Tensor.H Tensor.T Tensor.expand Tensor.expand_as Tensor.mH Tensor.mT Tensor.repeat
        Tensor.reshape_as Tensor.sum_to_size Tensor.unfold Tensor.view Tensor.view_as""",
    "pointwise unary": """
        abs acos acosh angle asin asinh atan atanh bitwise_not ceil conj conj_physical cos cosh deg2rad exp exp2 expm1 floor frac
        frexp imag isfinite isinf isnan isneginf isposinf isreal log log10 log1p log2 logical_not nan_to_num neg positive rad2deg
        real reciprocal round rsqrt sgn sign signbit sin sinh sqrt square tan tanh trunc""",
    "pointwise binary": """
        add atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor clamp_max clamp_min copysign div eq
        float_power floor_divide fmax fmin fmod gcd ge gt heaviside hypot isclose lcm ldexp le logaddexp logaddexp2 logical_and
        logical_or logical_xor lt maximum minimum mul ne nextafter pow remainder rsub sub true_divide""",
    "array API: array object": """
        Tensor.T Tensor.__abs__ Tensor.__add__ Tensor.__and__ Tensor.__array_namespace__ Tensor.__bool__ Tensor.__complex__
        Tensor.__dlpack__ Tensor.__dlpack_device__ Tensor.__eq__ Tensor.__float__ Tensor.__floordiv__ Tensor.__ge__
        Tensor.__getitem__ Tensor.__gt__ Tensor.__index__ Tensor.__int__ Tensor.__invert__ Tensor.__le__ Tensor.__lshift__
        Tensor.__lt__ Tensor.__matmul__ Tensor.__mod__ Tensor.__mul__ Tensor.__ne__ Tensor.__neg__ Tensor.__or__ Tensor.__pos__
        Tensor.__pow__ Tensor.__rshift__ Tensor.__setitem__ Tensor.__sub__ Tensor.__truediv__ Tensor.__xor__ Tensor.device
        Tensor.dtype Tensor.mT Tensor.ndim Tensor.shape Tensor.size Tensor.to_device""",
    "array API: constants": """
        e inf nan newaxis pi""",
    "array API: creation": """
        arange asarray empty empty_like eye from_dlpack full full_like linspace meshgrid ones ones_like tril triu zeros zeros_like""",
    "array API: data type": """
        astype can_cast finfo iinfo isdtype result_type""",
    "array API: elementwise": """
        abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_invert bitwise_left_shift bitwise_or
        bitwise_right_shift bitwise_xor ceil clip conj copysign cos cosh divide equal exp expm1 floor floor_divide greater
        greater_equal hypot imag isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp logical_and logical_not
        logical_or logical_xor maximum minimum multiply negative nextafter not_equal positive pow real reciprocal remainder round
        sign signbit sin sinh sqrt square subtract tan tanh trunc""",
    "array API: fft extension": """
        fft.fft fft.fftfreq fft.fftn fft.fftshift fft.hfft fft.ifft fft.ifftn fft.ifftshift fft.ihfft fft.irfft fft.irfftn
        fft.rfft fft.rfftfreq fft.rfftn""",
    "array API: indexing": """
        take take_along_axis""",
    "array API: inspection": """
        __array_namespace_info__ __array_namespace_info__().capabilities __array_namespace_info__().default_device
        __array_namespace_info__().default_dtypes __array_namespace_info__().devices __array_namespace_info__().dtypes""",
    "array API: linalg extension": """
        linalg.cholesky linalg.cross linalg.det linalg.diagonal linalg.eigh linalg.eigvalsh linalg.inv linalg.matmul
        linalg.matrix_norm linalg.matrix_power linalg.matrix_rank linalg.matrix_transpose linalg.outer linalg.pinv linalg.qr
        linalg.slogdet linalg.solve linalg.svd linalg.svdvals linalg.tensordot linalg.trace linalg.vecdot linalg.vector_norm""",
    "array API: linear algebra": """
        matmul matrix_transpose tensordot vecdot""",
    "array API: manipulation": """
        broadcast_arrays broadcast_to concat expand_dims flip moveaxis permute_dims repeat reshape roll squeeze stack tile unstack""",
    "array API: searching": """
        argmax argmin count_nonzero nonzero searchsorted where""",
    "array API: set": """
        unique_all unique_counts unique_inverse unique_values""",
    "array API: sorting": """
        argsort sort""",
    "array API: statistical": """
        cumulative_prod cumulative_sum max mean min prod std sum var""",
    "array API: utility": """
        all any diff""",
    "array API: data types": """
        bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128""",
}


def find(name):
    at = ph
    for part in name.split("."):
        at = getattr(at, part.removesuffix("()"))
        if part.endswith("()"):
            at = at()
    return at


@pytest.mark.parametrize("category", NAMES)
def test_every_name_exists(category):
    missing = []
    for name in NAMES[category].split():
        try:
            find(name)
        except (AttributeError, ImportError):
            missing.append(name)
    assert not missing
