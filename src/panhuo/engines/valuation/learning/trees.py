"""Where boosted trees come from: LightGBM (Ke et al., 2017), an extra of Panhuo's that only training and trained models need."""

from __future__ import annotations

from typing import Any

from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.words import Words


def boosting() -> Any:
    """LightGBM's module. Raises ConfigurationInvalid where it is not installed."""
    try:
        import lightgbm
    except ImportError as error:
        raise ConfigurationInvalid(
            "MODELS_MISSING",
            Words("没有安装训练模型所需的 LightGBM", "LightGBM, which models are trained with, is not installed"),
            where="panhuo[models]",
            remedy=Words("pip install 'panhuo[models]'，或在检出目录运行 make setup", "pip install 'panhuo[models]', or make setup in a checkout"),
        ) from error
    return lightgbm
