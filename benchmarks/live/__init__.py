"""Live delivery: from a commit to a thousand listeners, beside PostGraphile's subscriptions."""
