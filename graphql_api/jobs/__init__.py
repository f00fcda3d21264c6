"""Jobs: what a worker does for somebody, once, however often it is killed."""
