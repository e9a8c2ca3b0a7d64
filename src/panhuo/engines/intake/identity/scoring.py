"""Comparing and weighing pairs with Splink on DuckDB.

Splink classifies pairs into levels, adjusts for common values and counts levels over random pairs (u) and over pairs known to
match (m). It is given the pairs to compare (:mod:`.blocking`) and the model to weigh them with (:mod:`.model`); clusters are
made elsewhere because Splink's know nothing of identity numbers that must stay apart.

DuckDB runs in memory, on one thread where sums of floats are taken (their order would show in the last digit), writes no spill
files (they would hold names and phones), loads no extensions and reaches no file or network.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from panhuo.engines.intake.identity.comparisons import COMPARISONS, FREQUENCIES, Comparison
from panhuo.engines.intake.identity.model import Codes, Floats, Model
from panhuo.engines.intake.identity.policy import IdentityPolicy
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words

_VIEW = """
create table {table} as
select n as unique_id, name, surname, given, pinyin, sound, coalesce(han, false) as han, birth, phone, phones, email, card, customer, employer, employer_pairs::bit as employer_pairs,
       address, address_pairs::bit as address_pairs, numbers, door, district, city, {frequencies},
       string_split(name, '') as characters,
       case when han then array_to_string(list_sort(string_split(name, '')), '') else array_to_string(list_sort(string_split(name, ' ')), ' ') end as sorted
from {source}
"""


PAIRS_AT_ONCE = 500_000


class Scorer:
    """One in-memory database with the cards of one call. Use :func:`open_scorer`."""

    def __init__(self, connection: Any, cards: pl.DataFrame, used: tuple[Comparison, ...], least_u: dict[str, float], seed: int) -> None:
        self._connection = connection
        self.used = used
        self._least = least_u
        self._seed = seed
        self._register("cards_in", cards)
        self._table("cards", "cards_in")

    def chance_counts(self, rows: pl.Series) -> dict[str, Floats]:
        """Pairs of each level among all pairs of the rows named: they are drawn at random, so chance agreement."""
        self._register("drawn", pl.DataFrame({"n": rows}))
        self._run("create table sample as select * from cards where unique_id in (select n from drawn) order by unique_id")
        linker = self._linker("sample", None)
        pairs = len(rows) * (len(rows) - 1) / 2
        linker.training.estimate_u_using_random_sampling(max_pairs=pairs * 4 + 16, seed=self._seed, min_count_per_level=None, num_chunks=1)
        return {name: shares * pairs for name, shares in self._trained(linker, "u").items()}

    def match_counts(self, pairs: pl.DataFrame) -> dict[str, Floats]:
        """Pairs of each level among ``pairs`` (l, r) known to be one debtor."""
        self._register("labels_in", pairs)
        self._run("create table labels as select l as unique_id_l, r as unique_id_r from labels_in order by l, r")
        linker = self._linker("cards", None)
        linker.training.estimate_m_from_pairwise_labels("labels")
        return {name: shares * pairs.height for name, shares in self._trained(linker, "m").items()}

    def compare(self, pairs: pl.DataFrame, model: Model) -> pl.DataFrame:
        """``pairs`` with ``evidence`` (log2 Bayes factor under ``model``) and the level of each comparison (0 best, -1 silent), sorted."""
        model = _tell_apart(model)
        parts = [self._compare(part, model) for part in pairs.iter_slices(PAIRS_AT_ONCE)]
        return pl.concat(parts).sort("l", "r")

    def _compare(self, pairs: pl.DataFrame, model: Model) -> pl.DataFrame:
        self._register("pairs_in", pairs)
        self._run("create or replace table pairs as select '0' as match_key, l as join_key_l, r as join_key_r from pairs_in")
        linker = self._linker("cards", model)
        linker.table_management.register_blocked_pairs_for_predict(linker._db_api.register("pairs", table_name="blocked"))
        scored = linker.inference.predict(warning_mode="never")
        weights = ", ".join(f"mw_{c.name}" for c in self.used)
        sql = f"select unique_id_l::uinteger as l, unique_id_r::uinteger as r, match_weight as evidence, {weights} from {scored.physical_name}"  # noqa: S608 names of our own
        frame = pl.from_arrow(self._connection.sql(sql).to_arrow_table())
        assert isinstance(frame, pl.DataFrame)
        for table in linker._db_api.delete_tables_created_by_splink_from_db, linker.table_management.invalidate_cache:
            table()
        levels = [pl.Series(c.name, _levels_of(frame[f"mw_{c.name}"].to_numpy(), _weights(model, c))) for c in self.used]
        return frame.select("l", "r", "evidence").with_columns(levels)

    def threads(self, count: int) -> None:
        self._run(f"set threads = {count}")

    def _linker(self, table: str, model: Model | None) -> Any:
        from splink import DuckDBAPI, Linker, SettingsCreator

        database = DuckDBAPI(self._connection)
        settings = SettingsCreator(
            link_type="dedupe_only",
            comparisons=[self._comparison(c, model) for c in self.used],
            blocking_rules_to_generate_predictions=[{"blocking_rule": "1=1", "sql_dialect": "duckdb"}],
            probability_two_random_records_match=0.5,
            retain_matching_columns=False,
            retain_intermediate_calculation_columns=model is not None,
            linker_uid="panhuo",
        )
        return Linker(database.register(table), settings, log_level=None, validate_settings=False)

    def _comparison(self, comparison: Comparison, model: Model | None) -> dict[str, Any]:
        levels: list[dict[str, Any]] = [{"sql_condition": comparison.missing, "label_for_charts": "missing", "is_null_level": True}]
        for k, level in enumerate(comparison.levels):
            entry: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": level.code}
            if model is not None:
                entry["m_probability"] = float(model.m[comparison.name][k])
                entry["u_probability"] = float(model.u[comparison.name][k])
                if level.frequency:
                    entry |= {
                        "tf_adjustment_column": level.frequency,
                        "tf_minimum_u_value": self._least[comparison.name],
                        "disable_tf_exact_match_detection": True,
                    }
            levels.append(entry)
        return {"output_column_name": comparison.name, "comparison_levels": levels}

    def _trained(self, linker: Any, side: str) -> dict[str, Floats]:
        """Shares of the levels as Splink counted them; zero where a level was never met."""
        out = {}
        saved = {c["output_column_name"]: c["comparison_levels"] for c in linker.misc.save_model_to_json()["comparisons"]}
        for c in self.used:
            found = {level["label_for_charts"]: level.get(f"{side}_probability", 0.0) for level in saved[c.name]}
            out[c.name] = np.array([float(found.get(code) or 0.0) for code in c.codes])
        return out

    def _register(self, name: str, frame: pl.DataFrame) -> None:
        self._connection.register(name, frame.to_arrow())

    def _table(self, table: str, source: str) -> None:
        self._run(_VIEW.format(table=table, source=source, frequencies=", ".join(f"tf_{c}" for c in FREQUENCIES)) + " order by n")

    def _run(self, sql: str) -> None:
        self._connection.execute(sql).fetchall()


@contextmanager
def open_scorer(cards: pl.DataFrame, *, policy: IdentityPolicy, seed: int) -> Iterator[Scorer]:
    """A scorer over ``cards``; closed and gone afterwards. Raises InputUnusable when the memory allowed does not suffice."""
    import duckdb

    used = tuple(c for c in COMPARISONS if not cards[_SPEAKS[c.name]].is_null().all())
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "temp_directory": "",
            "memory_limit": f"{policy.memory_mb}MB",
            "threads": 1,
        },
    )
    try:
        connection.execute("set enable_external_access = false").fetchall()
        yield Scorer(connection, cards, used, {name: prior.least_u for name, prior in policy.comparisons.items()}, seed)
    except Exception as error:
        if "Out of Memory" in str(error) or isinstance(error, duckdb.OutOfMemoryException):
            raise InputUnusable(
                "IDENTITY_MEMORY",
                Words(f"债务人识别所需内存超过 {policy.memory_mb} MB", f"debtor identity needs more memory than {policy.memory_mb} MB"),
                where="identity.memory_mb",
                remedy=Words("调高 identity.memory_mb 或调低 identity.max_pairs", "raise identity.memory_mb or lower identity.max_pairs"),
            ) from error
        raise
    finally:
        connection.close()


def _weights(model: Model, comparison: Comparison) -> Floats:
    """What Splink adds for each level, and 0 for silence, exactly as it works it out."""
    pairs = zip(model.m[comparison.name].tolist(), model.u[comparison.name].tolist(), strict=True)
    return np.array([*(math.log2(m / u) for m, u in pairs), 0.0])


def _tell_apart(model: Model) -> Model:
    """Levels of one weight made to differ in the eleventh digit: Splink returns a comparison's weight, from which its level is read."""
    m = dict(model.m)
    for c in model.comparisons:
        for k in range(len(c.levels)):
            while np.sum(np.abs(_weights(replace(model, m=m), c) - math.log2(m[c.name][k] / model.u[c.name][k])) < 1e-10) > 1:
                m[c.name] = m[c.name].copy()
                m[c.name][k] *= 1.0 + 1e-9
    return replace(model, m=m)


def _levels_of(found: Floats, weights: Floats) -> Codes:
    """The level whose weight each of ``found`` is; -1 for silence."""
    order = np.argsort(weights)
    place = np.searchsorted(weights[order] + 1e-11, found)
    level = order[np.minimum(place, len(order) - 1)]
    return np.where(level == len(weights) - 1, -1, level).astype(np.int8)


_SPEAKS = {c.name: "phones" if c.name == "phone" else c.name for c in COMPARISONS}


def level_codes(scored: pl.DataFrame, used: tuple[Comparison, ...]) -> dict[str, Codes]:
    """The levels of scored pairs as arrays."""
    return {c.name: scored[c.name].to_numpy() for c in used}
