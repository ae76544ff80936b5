"""Ballast inside other people's trainers. None of them is imported before its module here is."""
