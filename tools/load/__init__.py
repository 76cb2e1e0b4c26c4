"""A fleet of simulated units at one broker."""
