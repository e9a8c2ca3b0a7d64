"""A model as a file: a zip of plain JSON with a manifest and the hash of what it holds. Nothing in it is ever executed.

The same rows, specification and seed give the same bytes. Trees are LightGBM's own text, which it parses and does not run.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import panhuo
from panhuo.engines.valuation.learning import classes
from panhuo.engines.valuation.learning.classes import ClassModel
from panhuo.engines.valuation.learning.model import Model
from panhuo.engines.valuation.learning.specification import Specification
from panhuo.kernel.documents import check
from panhuo.kernel.errors import InputUnusable, OutputUnwritable, PanhuoError
from panhuo.kernel.words import Words

FORMAT = 1
_LARGEST = 512 * 1024 * 1024
_PARTS = ("specification.json", "model.json")


def save(model: Model | ClassModel, path: Path) -> str:
    """Write it whole or not at all; the hash of what it holds. Raises OutputUnwritable."""
    data = to_bytes(model)
    beside = path.with_name(f".{path.name}.partial")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OutputUnwritable(
            "MODEL_UNWRITABLE",
            Words(f"无法写入（{error.strerror}）", f"cannot be written ({error.strerror})"),
            where=str(path),
            remedy=Words("检查目录与权限", "check the folder and its permissions"),
        ) from error
    return hashlib.sha256(data).hexdigest()


def to_bytes(model: Model | ClassModel) -> bytes:
    parts = dict(zip(_PARTS, (model.specification.model_dump_json(), json.dumps(model.as_data(), sort_keys=True, allow_nan=False)), strict=True))
    manifest = {
        "format": FORMAT,
        "panhuo": panhuo.__version__,
        "specification": model.specification.name,
        "specification_version": model.specification.version,
        "rows": model.rows,
        "seed": model.seed,
        "data": model.fingerprint,
        "sha256": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in parts.items()},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {"manifest.json": json.dumps(manifest, indent=1, sort_keys=True), **parts}.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def load(path: Path) -> Model | ClassModel:
    """Raises InputUnusable for what is no model, was changed, or is of a later format."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _LARGEST:
                raise _no_model(path, "解开后过大", "is too large once unpacked")
            manifest = json.loads(archive.read("manifest.json"))
            texts = {name: archive.read(name) for name in _PARTS}
    except PanhuoError:
        raise
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, RecursionError) as error:
        raise _no_model(path, f"不是模型文件（{type(error).__name__}）", f"is no model file ({type(error).__name__})") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise _no_model(path, "由更新的版本生成", "was made by a later version")
    if any(hashlib.sha256(texts[name]).hexdigest() != manifest.get("sha256", {}).get(name) for name in _PARTS):
        raise _no_model(path, "内容与其校验值不符，可能被改动或损坏", "does not have the content its hashes are of: changed, or damaged")
    specification = check(json.loads(texts["specification.json"]), Specification, where=str(path))
    try:
        data = json.loads(texts["model.json"])
        return (ClassModel if data["kind"] == classes.KIND else Model).of_data(data, specification)
    except (KeyError, TypeError, ValueError) as error:
        raise _no_model(path, f"内容不完整（{error}）", f"is not whole ({error})") from error


def _no_model(path: Path, zh: str, en: str) -> InputUnusable:
    return InputUnusable(
        "MODEL_UNUSABLE", Words(zh, en), where=str(path), remedy=Words("用 panhuo models train 重新训练", "train it again with panhuo models train")
    )
