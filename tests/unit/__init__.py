"""Pure things, as tables: no process, no Java, no network, milliseconds each."""
