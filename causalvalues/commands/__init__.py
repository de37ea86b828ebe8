"""One file per command: parse options, call the package, print the answer."""
