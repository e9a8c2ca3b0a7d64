"""How an installation is put together: settings by environment, addresses, the database it runs on."""
