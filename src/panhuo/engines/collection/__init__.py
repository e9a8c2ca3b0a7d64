"""Collection by the lender's own people and by agencies."""
