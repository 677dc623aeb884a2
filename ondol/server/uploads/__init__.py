"""Files that a page sends: taken from the body as they come, named so that every disk takes them, kept once."""
