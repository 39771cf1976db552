"""The simulated market: listings drawn from the facts of the real one."""
