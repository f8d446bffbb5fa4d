"""A physics-informed network: solves the heat equation u_t = a u_xx on a rod, knowing only the equation.

The net is u(t, x). Its derivatives by its inputs, first and second, come from ph.grad with create_graph, so that the loss
(how far the equation is from being met) can be differentiated again by the weights. No data of the solution is used;
the exact one, exp(-a pi^2 t) sin(pi x), only serves to say how good the result is."""
import playhead as ph
import playhead.nn as nn
from common import Progress, options, picture, report, save

A = 0.2


def exact(t: ph.Tensor, x: ph.Tensor) -> ph.Tensor:
    return ph.exp(-A * ph.pi**2 * t) * ph.sin(ph.pi * x)


def u(net: nn.Module, t: ph.Tensor, x: ph.Tensor) -> ph.Tensor:
    values: ph.Tensor = net(ph.stack([t, x], -1))
    return values.squeeze(-1)


def residual(net: nn.Module, t: ph.Tensor, x: ph.Tensor) -> ph.Tensor:
    """u_t - a u_xx; zero everywhere for the solution."""
    t, x = t.requires_grad_(), x.requires_grad_()
    u_t, u_x = ph.grad(u(net, t, x).sum(), [t, x], create_graph=True)
    (u_xx,) = ph.grad(u_x.sum(), [x], create_graph=True)
    return u_t - A * u_xx


def main() -> None:
    args = options(__doc__, steps=2500, quick=500)
    net = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1))
    adam = ph.optim.Adam(net.parameters(), lr=5e-3)
    edge = ph.linspace(0, 1, 32)
    zero, one = ph.zeros(32), ph.ones(32)
    for step in (bar := Progress(args.steps)):
        adam.param_groups[0]["lr"] = 5e-3 * (1 - step / args.steps)
        adam.zero_grad()
        equation = (residual(net, ph.rand(128), ph.rand(128)) ** 2).mean()
        start = ((u(net, zero, edge) - ph.sin(ph.pi * edge)) ** 2).mean()
        ends = (u(net, edge, zero) ** 2).mean() + (u(net, edge, one) ** 2).mean()
        loss = equation + 10 * (start + ends)
        loss.backward()
        adam.step()
        bar.show(loss=loss.item())

    t, x = ph.meshgrid(ph.linspace(0, 1, 50), ph.linspace(0, 1, 50), indexing="ij")
    with ph.no_grad():
        found = u(net, t, x)
    report(loss=loss.item(), error=(found - exact(t, x)).abs().max().item())

    if (axes := picture(args, columns=2)) is not None:
        for ax, values, title in zip(axes, (found, exact(t, x)), ("found", "exact")):
            mesh = ax.pcolormesh(t, x, values, vmin=0, vmax=1)
            ax.set(title=title, xlabel="t", ylabel="x")
        axes[0].figure.colorbar(mesh, ax=list(axes))
        save(args, axes)


if __name__ == "__main__":
    main()
