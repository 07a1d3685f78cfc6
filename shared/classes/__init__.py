"""The class's document: its fields, their checks, what booking writes on it, Firestore."""
