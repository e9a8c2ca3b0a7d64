"""The departments that remember, permit and show: Django applications named after the same nouns as the engines."""
