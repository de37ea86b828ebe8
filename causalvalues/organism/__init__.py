"""The organism: worlds and models whose truth is known, so that every method can be scored."""
