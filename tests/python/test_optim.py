# playhead.optim against PyTorch 2.15's numbers (the calls stand beside them), in float64.
import copy
import math
import pickle
import threading

import numpy as np
import pytest
from conftest import close, error

import playhead as ph
from playhead import nn, optim
from playhead.optim import lr_scheduler as L

f64 = ph.float64
x = ph.asarray([[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]], dtype=f64)
y = ph.asarray([[1.0], [-0.5], [0.25]], dtype=f64)


def model():
    m = nn.Sequential(nn.Linear(2, 3, dtype=f64), nn.Tanh(), nn.Linear(3, 1, dtype=f64))
    with ph.no_grad():
        for i, p in enumerate(m.parameters()):
            p.copy_(ph.linspace(-1, 1, p.numel(), dtype=f64).reshape(p.shape) * (0.5 + 0.25 * i))
    return m


def values(m):
    return [v for p in m.parameters() for v in p.detach().reshape(-1).tolist()]


def loss(m):
    return ((m(x) - y) ** 2).mean()


def train(m, o, steps=5):
    for _ in range(steps):
        o.zero_grad()
        loss(m).backward()
        o.step()
    return values(m)


def run(make, steps=5):
    m = model()
    return train(m, make(m.parameters()), steps)


def groups_of(params, **options):
    params = list(params)
    return optim.Adam([{"params": params[:2], "lr": 0.1}, {"params": params[2:], "betas": (0.5, 0.9), "weight_decay": 0.2}], lr=0.01, **options)


# torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)
sgd = [-0.4654795994448371, 0.04359868737729024, -0.08426873023318215, 0.1060689568877319, 0.2737829937602437, -0.08804680863788433, -1.188087330947401,
       -0.0017034907873810369, 1.2333852043359617, -0.828124916327854, 0.005164700315810747, 0.7525916641649543, -1.0855388744113612]
# torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.9), weight_decay=0.1)
adam = [-0.5715081562280176, -0.07922764166289391, 0.13540375813070843, 0.2131408068543148, 0.44197327994647073, 0.2671576710909257, -0.9765742298628665,
        -0.07200936884644293, 0.9784970423992878, -0.7555993245372177, -0.2260537363777165, 0.7597830290069497, -1.0061354914284628]
# torch.optim.AdamW(p, lr=0.05, betas=(0.8, 0.99), eps=1e-6)
adamw = [-0.6665843907133608, -0.093172757856845, 0.07926366036284857, 0.28193159870831813, 0.5024401476634248, 0.2743899030438628, -0.984797236360448,
         -0.07275827217863749, 0.9812537432605355, -0.7693756024745204, -0.24323844717323423, 0.7738677109591265, -1.0428319822487182]
# torch.optim.Adam of the groups above
groups = [-0.6896083521765847, 0.04797653386525801, 0.23569460813434512, 0.44575767592968757, 0.5199584664235015, 0.08709020779410348, -1.2104823571881043,
          0.3324325263723539, 1.194378863259985, -0.9488244170613545, -0.04803794955790903, 0.9513607058567899, -1.216318687023403]


def test_values():
    close(run(lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)), sgd, rtol=1e-12)
    close(run(lambda p: optim.Adam(p, lr=0.05, betas=(0.8, 0.9), weight_decay=0.1)), adam, rtol=1e-12)
    close(run(lambda p: optim.AdamW(p, lr=0.05, betas=(0.8, 0.99), eps=1e-6)), adamw, rtol=1e-12)
    close(run(groups_of), groups, rtol=1e-12)
    close(run(lambda p: optim.Adam(model_names(p), lr=0.05, betas=(0.8, 0.9), weight_decay=0.1)), adam, rtol=1e-12)


def model_names(params):
    return [(f"p{i}", p) for i, p in enumerate(params)]


def test_options_are_read_at_every_step():
    m = model()
    o = optim.SGD(m.parameters(), lr=0.0)
    before = values(m)
    close(train(m, o, 1), before)
    o.param_groups[0]["lr"] = 0.1
    o.param_groups[0]["momentum"] = 0.9
    o.param_groups[0]["nesterov"] = True
    o.param_groups[0]["weight_decay"] = 0.01
    assert train(m, o, 2) != before
    del o.param_groups[0]["lr"]
    error(ValueError, "SGD: the group has no 'lr'", o.step)


def test_state_dict():
    for make in (lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01), groups_of, lambda p: optim.AdamW(p, lr=0.05)):
        whole = run(make)
        for move in (lambda o: o.state_dict(), lambda o: o.state_dict(flat=True), lambda o: pickle.loads(pickle.dumps(o.state_dict()))):
            m = model()
            o = make(m.parameters())
            train(m, o, 2)
            again = make(m.parameters())
            again.load_state_dict(move(o))
            close(train(m, again, 3), whole, rtol=1e-14)
        m = model()
        o = make(m.parameters())
        train(m, o, 2)
        m2, o2 = pickle.loads(pickle.dumps((m, o)))
        close(train(m2, o2, 3), whole, rtol=1e-14)
        m3, o3 = copy.deepcopy((m, o))
        close(train(m3, o3, 3), whole, rtol=1e-14)
    m = model()
    o = optim.Adam(m.parameters(), lr=0.5)
    train(m, o, 3)
    state = o.state_dict()
    assert state["param_groups"][0]["params"] == [0, 1, 2, 3] and state["param_groups"][0]["lr"] == 0.5
    assert sorted(state["state"][0]) == ["exp_avg", "exp_avg_sq", "step"] and state["state"][0]["step"].item() == 3
    p = next(m.parameters())
    assert o.state[p]["exp_avg"].shape == p.shape
    fresh = optim.Adam(model().parameters())
    fresh.load_state_dict(state)
    assert fresh.param_groups[0]["lr"] == 0.5
    error(ValueError, "Adam.load_state_dict: numbers of groups must match; got 1, expected 2", lambda: groups_of(model().parameters()).load_state_dict(state))
    error(ValueError, "Adam.load_state_dict: numbers of parameters must match; got 4, expected 2 in group 0",
          lambda: optim.Adam(list(model().parameters())[:2]).load_state_dict(state))


def test_wrong_calls():
    p = nn.Parameter(ph.ones(2))
    error(ValueError, "SGD: needs at least one parameter; got none. A module does not see layers that lie in a plain list or dict: "
          "use nn.ModuleList or nn.ModuleDict", lambda: optim.SGD([]))
    error(TypeError, "SGD: params must be a list of Tensors or of dicts; got one Tensor", lambda: optim.SGD(p))
    error(TypeError, "Adam: params must be Tensors; got int", lambda: optim.Adam([1]))
    error(ValueError, "Adam: can only update leaves; got the result of mul", lambda: optim.Adam([p * 2]))
    error(ValueError, "Adam: a parameter appears twice; got shape=(2,)", lambda: optim.Adam([p, p]))
    error(TypeError, "Adam: params must be in an order; got a set", lambda: optim.Adam([{"params": {p}}]))
    error(ValueError, "SGD: lr is out of range; got lr=-1", lambda: optim.SGD([p], lr=-1))
    error(ValueError, "AdamW: beta1 is out of range; got beta1=1", lambda: optim.AdamW([p], betas=(1, 0.5)))
    error(TypeError, "Adam: betas must be two floats; got float", lambda: optim.Adam([p], betas=0.5))
    error(TypeError, "SGD: lr must be a float; got str", lambda: optim.SGD([p], lr="big"))
    error(ValueError, "Adam: amsgrad is not supported; got amsgrad=True", lambda: optim.Adam([p], amsgrad=True))
    error(TypeError, "StepLR: needs an Optimizer; got int", lambda: L.StepLR(3, 1))
    error(NotImplementedError, "Optimizer: step is missing", optim.Optimizer([p], {}).step)
    frozen = nn.Parameter(ph.ones(2), requires_grad=False)
    o = optim.SGD([frozen, p], lr=1)  # what is not trained is left alone
    p.grad = ph.ones(2)
    o.step()
    o.zero_grad()
    close(frozen, [1, 1])
    close(p, [0, 0])
    assert p.grad is None


def test_parameters_that_become_other_tensors():
    m = model().float()
    o = optim.Adam(m.parameters(), lr=0.05, betas=(0.8, 0.9), weight_decay=0.1)
    train_float = ((m(x.float()) - y.float()) ** 2).mean()
    train_float.backward()
    o.step()
    m.double()
    train(m, o, 4)
    close(values(m), adam, rtol=1e-5)


def test_closures_and_subclasses():
    m = model()
    o = optim.SGD(m.parameters(), lr=0.1)

    def closure():
        o.zero_grad()
        value = loss(m)
        value.backward()
        return value

    first = loss(m).item()
    assert abs(o.step(closure).item() - first) < 1e-12 and loss(m).item() < first

    class Signs(optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        def step(self, closure=None):
            with ph.no_grad():
                for group in self.param_groups:
                    for p in group["params"]:
                        if p.grad is not None:
                            state = self.state[p]
                            state["step"] = state.get("step", 0) + 1
                            state.setdefault("sum", ph.zeros_like(p)).add_(p.grad)
                            p.sub_(group["lr"] * p.grad.sign())

    m = model()
    o = Signs(m.parameters(), 0.01)
    before = values(m)
    train(m, o, 2)
    assert max(abs(a - b) for a, b in zip(values(m), before)) <= 0.02 + 1e-12
    again = Signs(m.parameters(), 0.5)
    again.load_state_dict(o.state_dict())
    assert again.param_groups[0]["lr"] == 0.01 and again.state[next(m.parameters())]["step"] == 2
    close(again.state[next(m.parameters())]["sum"], o.state[next(m.parameters())]["sum"])


def test_lbfgs():
    def go(search, n=3):
        m = model()
        o = optim.LBFGS(m.parameters(), lr=1 if search else 0.1, line_search_fn=search, max_iter=6, history_size=4)

        def closure():
            o.zero_grad()
            value = loss(m)
            value.backward()
            return value

        return [float(o.step(closure)) for _ in range(n)], values(m)

    # torch.optim.LBFGS(p, lr=0.1, max_iter=6, history_size=4)
    losses, end = go(None)
    close(losses, [0.9002214358754337, 0.6399045335126223, 0.12164084586009784], rtol=1e-9)
    close(end[:3], [0.06410944641148687, 0.2232611804089404, -0.12567738223627423], rtol=1e-8)
    losses, end = go("strong_wolfe")
    close(losses[:2], [0.9002214358754337, 0.14915812580166296], rtol=1e-6)
    assert losses[2] < 1e-4

    p = nn.Parameter(ph.asarray([-1.5, 2.0], dtype=f64))
    o = optim.LBFGS([p], line_search_fn="strong_wolfe", max_iter=100, tolerance_grad=1e-10, tolerance_change=1e-14)

    def rosenbrock():
        o.zero_grad()
        value = (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2
        value.backward()
        return value

    o.step(rosenbrock)
    close(p, [1, 1], rtol=1e-7)
    assert o.state[p]["func_evals"] < 80
    error(TypeError, "LBFGS: step needs a closure that computes the loss anew", lambda: o.step(None))


def rates(make, n=12):
    o = optim.SGD([nn.Parameter(ph.zeros(1))], lr=0.5, momentum=0.9)
    s, seen = make(o), []
    for _ in range(n):
        seen.append(o.param_groups[0]["lr"])
        o.step()
        s.step()
    return seen


# torch.optim.lr_scheduler, lr=0.5, before each of twelve steps
expected = {
    "StepLR": (lambda o: L.StepLR(o, 3, 0.5), [0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.0625, 0.0625, 0.0625]),
    "MultiStepLR": (lambda o: L.MultiStepLR(o, [2, 5], 0.1), [0.5, 0.5, 0.05, 0.05, 0.05] + [0.005] * 7),
    "ExponentialLR": (lambda o: L.ExponentialLR(o, 0.9), [0.5 * 0.9**i for i in range(12)]),
    "ConstantLR": (lambda o: L.ConstantLR(o, 0.25, 4), [0.125] * 4 + [0.5] * 8),
    "LinearLR": (lambda o: L.LinearLR(o, 0.1, 1.0, 4), [0.05, 0.1625, 0.275, 0.3875] + [0.5] * 8),
    "PolynomialLR": (lambda o: L.PolynomialLR(o, 6, 2.0), [0.5, 0.34722222222222227, 0.2222222222222223, 0.125, 0.05555555555555558, 0.013888888888888886] + [0.0] * 6),
    "CosineAnnealingLR": (lambda o: L.CosineAnnealingLR(o, 5, 0.1),
                          [0.5, 0.46180339887498956, 0.3618033988749896, 0.2381966011250106, 0.13819660112501056, 0.1, 0.13819660112501053, 0.23819660112501062,
                           0.3618033988749897, 0.4618033988749899, 0.5, 0.46180339887499]),
    "CosineAnnealingWarmRestarts": (lambda o: L.CosineAnnealingWarmRestarts(o, 3, 2, 0.05),
                                    [0.5, 0.3875, 0.1625, 0.5, 0.4698557158514987, 0.3875, 0.275, 0.1625, 0.08014428414850129, 0.5, 0.49233331091504035,
                                     0.4698557158514987]),
    "OneCycleLR": (lambda o: L.OneCycleLR(o, 1.0, total_steps=12),
                   [0.04, 0.3497896542195831, 0.8792851591221287, 0.9944154354509117, 0.9330129698414117, 0.811745653949763, 0.6473789976951033, 0.46263710266697505,
                    0.28306099820869923, 0.1334775301888306, 0.03456698742539522, 4e-06]),
    "OneCycleLR in three": (lambda o: L.OneCycleLR(o, 1.0, total_steps=12, three_phase=True, anneal_strategy="linear"),
                            [0.04, 0.4092307692307693, 0.7784615384615386, 0.8523076923076922, 0.48307692307692296, 0.1138461538461536, 0.03448331034482758,
                             0.027587448275862066, 0.020691586206896546, 0.01379572413793103, 0.0068998620689655135, 4e-06]),
    "LambdaLR": (lambda o: L.LambdaLR(o, lambda s: 1 / (s + 1)), [0.5 / (i + 1) for i in range(12)]),
    "SequentialLR": (lambda o: L.SequentialLR(o, [L.LinearLR(o, 0.1, 1.0, 4), L.ExponentialLR(o, 0.9)], [4]),
                     [0.05, 0.1625, 0.275, 0.3875] + [0.5 * 0.9**i for i in range(8)]),
}


@pytest.mark.parametrize("name", expected)
def test_schedules(name):
    make, want = expected[name]
    close(rates(make), want, rtol=1e-9, atol=1e-12)


def test_other_schedules():
    got = rates(lambda o: L.CosineWarmup(o, warmup=4, total=12, min_lr=0.1), 14)
    close(got[:4], [0.125, 0.25, 0.375, 0.5])
    close(got[4:12], [0.1 + 0.4 * (1 + math.cos(math.pi * i / 8)) / 2 for i in range(8)])
    close(got[12:], [0.1, 0.1])
    o = optim.SGD([nn.Parameter(ph.zeros(1))], lr=1.0)
    s, seen = L.ReduceLROnPlateau(o, patience=1, factor=0.5), []
    for v in [1, 0.9, 0.95, 0.95, 0.95, 0.8, 0.8, 0.8, 0.8]:
        s.step(v)
        seen.append(o.param_groups[0]["lr"])
    assert seen == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]
    o = optim.Adam([nn.Parameter(ph.zeros(1))], lr=1.0)
    a = L.StepLR(o, 2)
    a.step()
    b = L.StepLR(optim.Adam([nn.Parameter(ph.zeros(1))], lr=1.0), 2)
    b.load_state_dict(a.state_dict())
    assert b.last_epoch == 1 and a.get_last_lr() == [1.0]
    o = optim.Adam([nn.Parameter(ph.zeros(1))], lr=1.0)
    L.OneCycleLR(o, 1.0, total_steps=10)
    assert o.param_groups[0]["betas"] == (0.95, 0.999)


def test_threads():
    results = [None] * 4

    def work(i):
        m = nn.Linear(128, 128)
        with ph.no_grad():
            m.weight.fill_(0.01)
            m.bias.fill_(0.0)
        o = optim.Adam(m.parameters(), lr=0.01)
        data = ph.ones(8, 128)
        for _ in range(10):
            o.zero_grad()
            m(data).square().mean().backward()
            o.step()
        results[i] = np.asarray(m.weight.detach())

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for r in results[1:]:
        np.testing.assert_array_equal(r, results[0])
