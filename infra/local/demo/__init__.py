"""The local page: a school, a shop and faults to play with."""
