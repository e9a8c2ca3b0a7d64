"""Plans: which way out each account is to take, made, tried with other limits, reviewed, approved by a second person, kept."""
