"""Pure arithmetic, one folder a department: columns in, columns and findings out. No clock, network or database."""
