"""Optimisers and learning-rate schedules, as in torch.optim."""
from . import lr_scheduler
from .fused import SGD, Adam, AdamW
from .lbfgs import LBFGS
from .optimizer import Optimizer

__all__ = ["LBFGS", "SGD", "Adam", "AdamW", "Optimizer", "lr_scheduler"]
