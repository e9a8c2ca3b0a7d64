"""Write-off, and the recovery that goes on after it."""
