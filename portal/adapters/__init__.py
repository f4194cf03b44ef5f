"""The outside world behind small functions and Protocols."""
