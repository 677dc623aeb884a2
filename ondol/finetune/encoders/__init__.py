"""Encoders that are taught: embedders, classifiers, and models that find an answer in a text."""
