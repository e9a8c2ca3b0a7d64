"""The whole run, and reading and cleaning alone, each against its peer on the same file in the same run."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from panhuo.bench import measure

SEED = 20261031


def sample(folder: Path, rows: int, *, dirty: float) -> Path:
    """A sample tape of 40 columns, made once a folder."""
    path = folder / f"tape-{rows}-{dirty:g}.csv"
    if not path.exists():
        measure.panhuo("sample", "-n", str(rows), "-o", path, "--seed", str(SEED), "--dirty", str(dirty))
    return path


def bench_run(rows: int = 1_000_000, *, folder: Path | None = None) -> dict[str, Any]:
    """`panhuo run` end to end against "read and cast with Polars, predict once with 300 trees on 60 features".

    The aim: at most 4 times the peer's time and 6 GiB. Both in processes of their own, start-up included.
    """
    with measure.workplace(folder) as at:
        tape, clean_tape = sample(at, rows, dirty=0.02), sample(at, min(rows, 100_000), dirty=0.0)
        peer = measure.python("panhuo.bench.peers", "read_cast_and_score", tape=str(tape), clean_tape=str(clean_tape), seed=SEED)
        out = at / "out"
        ours = measure.panhuo("run", tape, "-o", out, "--as-of", "2026-10-31")
        summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
        shutil.rmtree(out)
    return {
        "rows": rows,
        "seconds": round(ours.seconds, 2),
        "seconds_by_stage": summary["seconds"],
        "peak_gib": round(ours.peak_gib, 2),
        "peer": "Polars typed read + LightGBM prediction, 300 trees x 31 leaves on 60 features",
        "peer_seconds": round(peer.said["seconds"], 2),
        "peer_read_seconds": round(peer.said["read"], 2),
        "peer_score_seconds": round(peer.said["score"], 2),
        "ratio": round(ours.seconds / peer.said["seconds"], 2),
        "gap": summary["gap"],
        "rows_accepted": summary["rows_accepted"],
        "rows_rejected": summary["rows_rejected"],
    }


def bench_growth(sizes: tuple[int, ...] = (250_000, 1_000_000, 5_000_000), *, folder: Path | None = None) -> dict[str, Any]:
    """Seconds and memory of `panhuo run` as the tape grows: the peer is the run itself on the smaller tape."""
    rows = []
    with measure.workplace(folder) as at:
        for size in sizes:
            tape, out = sample(at, size, dirty=0.02), at / "out"
            ours = measure.panhuo("run", tape, "-o", out, "--as-of", "2026-10-31")
            summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
            rows.append(
                {
                    "rows": size,
                    "seconds": round(ours.seconds, 1),
                    "peak_gib": round(ours.peak_gib, 2),
                    "gap": summary["gap"],
                    "by_stage": summary["seconds"],
                }
            )
            shutil.rmtree(out)
            if folder is None:
                tape.unlink()
    for row in rows:
        row["microseconds_a_row"] = round(1e6 * row["seconds"] / row["rows"], 1)
    return {"sizes": rows}


def bench_read(rows: int = 1_000_000, *, folder: Path | None = None) -> dict[str, Any]:
    """Reading and cleaning alone against Polars' typed read of the same file, best of three each, warm cache. The aim: at most 1.5."""
    with measure.workplace(folder) as at:
        tape, clean_tape = sample(at, rows, dirty=0.02), sample(at, min(rows, 100_000), dirty=0.0)
        ours = measure.python("panhuo.bench.whole", "read_and_clean", tape=str(tape))
        peer = measure.python("panhuo.bench.whole", "typed_read", tape=str(tape), clean_tape=str(clean_tape))
    return {
        "rows": rows,
        "seconds": round(ours.said["seconds"], 2),
        "peak_gib": round(ours.peak_gib, 2),
        "findings": ours.said["findings"],
        "peer": "Polars typed read",
        "peer_seconds": round(peer.said["seconds"], 2),
        "ratio": round(ours.said["seconds"] / peer.said["seconds"], 2),
    }


def read_and_clean(tape: str) -> dict[str, float]:
    """Every batch read and cleaned, nothing kept: seconds of the best of three."""
    import datetime as dt

    from panhuo.engines.intake import clean, load_layout, open_tape

    layout = load_layout("panhuo")
    found = 0

    def once() -> None:
        nonlocal found
        found = 0
        for raw in open_tape([Path(tape)], layout=layout).batches():
            found += clean(raw, layout=layout, as_of=dt.date(2026, 10, 31)).findings.height

    return {"seconds": _best(once), "findings": found}


def typed_read(tape: str, clean_tape: str) -> dict[str, float]:
    """Polars' typed read: seconds of the best of three."""
    from panhuo.bench.peers import read_and_cast

    return {"seconds": min(read_and_cast(tape, clean_tape)["seconds"] for _ in range(3))}


def _best(work: Callable[[], None], times: int = 3) -> float:
    best = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best
