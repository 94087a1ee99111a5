"""The rules as a native library: written in C by a walk over their source, built with the package.

`walk` reads a rule and writes it, `build` puts all together and calls the compiler, `library` loads
what was built and calls it.
"""
