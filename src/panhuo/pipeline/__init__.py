"""Strings engines together over frames: tape, accounts, assessments, decisions."""
