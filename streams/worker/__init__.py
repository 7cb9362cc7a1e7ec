"""The Faust application: the only package that imports faust."""
