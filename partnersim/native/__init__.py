"""The model as a native library."""
