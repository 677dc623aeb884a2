"""Which model fits this machine: memory and speed from headers, without loading weights."""
