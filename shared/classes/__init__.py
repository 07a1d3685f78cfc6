"""The class's document: its fields, validation, what booking writes on it, Firestore."""
