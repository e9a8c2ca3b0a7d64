"""Tapes as the lender keeps them: uploaded, given a layout, imported whole or not at all, compared, mended; and the accounts they brought."""
