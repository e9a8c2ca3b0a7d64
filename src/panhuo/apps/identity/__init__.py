"""Who may do what: organisations, users, roles, sessions, tokens, two-person approval, and which rows an organisation may see."""
