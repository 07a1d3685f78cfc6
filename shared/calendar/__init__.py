"""Google Calendar: its calls, what its answers mean, the event a class becomes."""
