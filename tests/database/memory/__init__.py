"""Memory: what is kept, how it is found, what waits for it, and each version of the whole."""
