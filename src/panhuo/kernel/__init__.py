"""Words every department shares. Import the module you need: the kernel has no façade."""
