"""A small good rulebook, for tests to spoil."""

from __future__ import annotations

RULE = """\
- id: T-ONE
  title: {zh: 试, en: trial}
  statement: {zh: 试, en: trial}
  condition: overdue_days > :days
  params: {days: 90}
  effect: {bars: [agency]}
  unknown: bars
  reason: {zh: 试, en: trial}
  source: {instrument: trial}
  certainty: house
  force: house_policy
  modality: must
  binds: [HOUSE]
  effective_from: 2020-01-01
  effective_to: null
  enforced: true
  cases:
  - {name: over, as_of: 2026-01-01, account: {overdue_days: 91}, expect: barred}
  - {name: not over, as_of: 2026-01-01, account: {overdue_days: 90}, expect: allowed}
"""
HEAD = "book: trial\ntitle: {zh: 试, en: trial}\nversion: '1'\nrules:\n"
