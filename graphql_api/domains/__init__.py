"""The domains: what the API speaks of, one module or package each."""
