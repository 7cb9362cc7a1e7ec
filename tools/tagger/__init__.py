"""Training of the tagger's weights from silver labels."""
