# What a typed program sees: test_typing.py runs mypy in strict mode over this, and over the package. A line that ends in `# is T` must have
# the type T, as mypy reveals it.
from __future__ import annotations

import playhead as ph
import playhead.nn.functional as F  # noqa: N812
from playhead import Tensor, nn, optim


class Block(nn.Module):
    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
        self.scale = nn.Parameter(ph.ones(width))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, 1))
        self.register_buffer("steps", ph.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = x + F.relu(layer(x))
        return self.out(self.norm(x) * self.scale)


class Cube(ph.autograd.Function):
    @staticmethod
    def forward(ctx: ph.autograd.FunctionCtx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: ph.autograd.FunctionCtx, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return 3 * g * x**2


class SignSGD(optim.Optimizer):
    def __init__(self, params: optim.optimizer.Params, lr: float = 1e-3) -> None:
        super().__init__(params, {"lr": lr})

    @ph.no_grad()
    def step(self, closure: object = None) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.sub_(group["lr"] * p.grad.sign())


def tensors() -> None:
    x = ph.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=ph.float64, requires_grad=True)
    reveal_type(x)  # is playhead._core.Tensor
    reveal_type(x @ x.mT + 1)  # is playhead._core.Tensor
    reveal_type(2 * x)  # is playhead._core.Tensor
    reveal_type(x > 0)  # is playhead._core.Tensor
    reveal_type(x[0, :1])  # is playhead._core.Tensor
    reveal_type(x.shape)  # is tuple[int, ...]
    reveal_type(x.dtype)  # is playhead._core.dtype
    reveal_type(x.device)  # is playhead._core.device
    reveal_type(x.size)  # is playhead._size.Size
    reveal_type(x.size())  # is tuple[int, ...]
    reveal_type(x.size(0))  # is int
    reveal_type(x.numel() + x.dim())  # is int
    reveal_type(x.sum(dim=0, keepdim=True))  # is playhead._core.Tensor
    reveal_type(ph.softmax(x, dim=-1))  # is playhead._core.Tensor
    reveal_type(ph.where(x > 0, x, 0.0))  # is playhead._core.Tensor
    reveal_type(ph.where(x > 0))  # is tuple[playhead._core.Tensor, ...]
    reveal_type(ph.is_tensor(x))  # is bool
    reveal_type(ph.topk(x, 1).values)  # is playhead._core.Tensor
    reveal_type(ph.linalg.svd(x).S)  # is playhead._core.Tensor
    reveal_type(ph.fft.rfft(x))  # is playhead._core.Tensor
    reveal_type(ph.special.expit(x))  # is playhead._core.Tensor
    reveal_type(ph.signal.windows.hann(8))  # is playhead._core.Tensor
    reveal_type(ph.masked.mean(x, mask=x > 1))  # is playhead._core.Tensor
    reveal_type(ph.cuda.is_available())  # is bool
    reveal_type(ph.Generator(3))  # is playhead._core.Generator
    reveal_type(ph.__version__)  # is str
    x.detach().add_(1, alpha=2).clamp_(0, 1).zero_()
    for row in x:
        reveal_type(row)  # is playhead._core.Tensor


def derivatives() -> None:
    x = ph.ones(3, requires_grad=True)
    reveal_type(x.grad)  # is playhead._core.Tensor | None
    (g,) = ph.grad((x**2).sum(), x, create_graph=True)
    reveal_type(g)  # is playhead._core.Tensor
    with ph.no_grad(), ph.autograd.detect_anomaly():
        g.sum()
    with ph.inference_mode():
        g.sum()
    with x.register_hook(lambda g: 2 * g) as handle:
        reveal_type(handle)  # is playhead.autograd.RemovableHandle
        Cube.apply(x).sum().backward()
    assert ph.autograd.gradcheck(lambda x: x * x, [ph.ones(2, dtype=ph.float64, requires_grad=True)])


def training() -> None:
    net = Block(4, 2)
    reveal_type(net.scale)  # is playhead.nn.module.Parameter
    reveal_type(net.norm)  # is playhead.nn._layers.LayerNorm
    reveal_type(net.out)  # is playhead.nn.containers.Sequential
    reveal_type(net.layers[0])  # is playhead.nn.module.Module
    reveal_type(net.out(ph.ones(1, 4)))  # is playhead._core.Tensor
    linear = nn.Linear(3, 2, bias=False, dtype=ph.float64)
    reveal_type(linear)  # is playhead.nn._layers.Linear
    reveal_type(linear.weight)  # is playhead.nn.module.Parameter
    reveal_type(linear.bias)  # is playhead.nn.module.Parameter | None
    reveal_type(linear.in_features)  # is int
    reveal_type(linear(ph.ones(3)))  # is playhead._core.Tensor
    reveal_type(nn.Conv2d(3, 8, 3, padding="same")(ph.ones(1, 3, 8, 8)))  # is playhead._core.Tensor
    reveal_type(nn.BatchNorm1d(3).running_mean)  # is playhead._core.Tensor | None
    reveal_type(nn.MultiheadAttention(4, 2).out_proj)  # is playhead.nn._layers.Linear
    reveal_type(nn.Embedding.from_pretrained(ph.ones(2, 3)))  # is playhead.nn._layers.Embedding
    reveal_type(net.eval().to(ph.float32).train())  # is typing_sample.Block
    reveal_type(net.state_dict())  # is dict[str, playhead._core.Tensor]
    reveal_type(nn.init.xavier_uniform_(linear.weight))  # is playhead._core.Tensor
    for name, p in net.named_parameters():
        reveal_type(name)  # is str
        reveal_type(p)  # is playhead.nn.module.Parameter
    loss_function = nn.CrossEntropyLoss(label_smoothing=0.1)
    reveal_type(loss_function(ph.ones(2, 3), ph.tensor([0, 1])))  # is playhead._core.Tensor
    reveal_type(F.cross_entropy(ph.ones(2, 3), ph.tensor([0, 1])))  # is playhead._core.Tensor

    optimizer = optim.AdamW(net.parameters(), lr=1e-2, betas=(0.9, 0.99))
    reveal_type(optimizer)  # is playhead.optim.fused.AdamW
    groups = optim.SGD([{"params": [net.scale], "lr": 0.1}, {"params": net.out.parameters()}], lr=0.01, momentum=0.9)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    reveal_type(schedule.get_last_lr())  # is list[float]
    for _ in range(2):
        optimizer.zero_grad()
        loss = net(ph.randn(8, 4)).square().mean()
        loss.backward()
        reveal_type(nn.utils.clip_grad_norm_(net.parameters(), 1.0))  # is playhead._core.Tensor
        optimizer.step()
        schedule.step()
    groups.step()
    SignSGD(net.parameters()).step()


def files(path: str) -> None:
    ph.save({"w": ph.ones(2)}, path)
    state = ph.load(path)
    reveal_type(state["w"])  # is playhead._core.Tensor
    reveal_type(ph.io.safetensors_bytes(state))  # is bytes
