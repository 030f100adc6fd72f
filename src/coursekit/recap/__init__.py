"""What the student has built so far, ready to import.

Every name here was written by the student in an earlier lesson: the same code as in the notebook
(a test proves it), with docstrings and type hints added. ``coursekit.recap.ORIGIN`` says where each
name comes from. A lesson imports only what earlier lessons built.

Example:
    >>> from coursekit.recap import ORIGIN, accuracy
    >>> ORIGIN["accuracy"]
    '07'
"""

from importlib import import_module
from typing import Any

#: Which lesson built which name.
ORIGIN: dict[str, str] = {
    name: lesson
    for lesson, names in {
        "01": (
            "FORWARD",
            "apply_op",
            "Node",
            "BACKWARD",
            "matmul_back",
            "topological_order",
            "contributions",
            "backpropagate",
            "numeric_gradient",
            "check_gradient",
        ),
        "02": ("matmul",),
        "03": ("mse", "batches", "init_tanh_net", "tanh_net", "tanh_net_grads", "sgd_step"),
        "04": ("shapes",),
        "05": ("operations",),
        "07": (
            "init_params",
            "log_softmax",
            "model",
            "nll",
            "accuracy",
            "train_raw",
            "evaluate",
        ),
        "08": ("Logistic", "linear_model", "train_module", "validate"),
        "09": ("SGD", "train_opt", "Momentum", "running_mean", "Adam"),
        "10": ("PairDataset", "train_batches", "FastLoader"),
        "11": (
            "loss_batch",
            "weighted_mean",
            "mean_loss",
            "get_data",
            "Callback",
            "Run",
            "train_epoch",
            "fit",
            "History",
        ),
        "12": (
            "shift",
            "conv2d_by_hand",
            "CNN",
            "Lambda",
            "to_images",
            "WrappedDataLoader",
            "lecture_cnn",
            "he_init",
            "conv_block",
            "make_cnn",
            "steady_cnn",
        ),
        "13": (
            "PretendGPU",
            "median_seconds",
            "simulate",
            "busy_share",
            "OneByOne",
            "rates",
            "train_pass",
            "LADDER",
            "make_loader",
            "climb",
            "work_of",
            "limit",
            "MODES",
            "compiled",
            "climb_compiled",
        ),
    }.items()
    for name in names
}


def __getattr__(name: str) -> Any:
    """Load a lesson's module when one of its names is first asked for."""
    if name not in ORIGIN:
        raise AttributeError(
            f"No lesson has built {name!r}. coursekit.recap has: {', '.join(sorted(ORIGIN))}."
        )
    return getattr(import_module(f"coursekit.recap.lesson_{ORIGIN[name]}"), name)


def __dir__() -> list[str]:
    return ["ORIGIN", *sorted(ORIGIN)]
