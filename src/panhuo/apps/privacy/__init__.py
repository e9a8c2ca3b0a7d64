"""The vault: the only tables that hold what names a person, the only code that opens it."""
