"""The training curve under its former name, for `record`."""

from tools.train.plots import training_plot

__all__ = ["training_plot"]
