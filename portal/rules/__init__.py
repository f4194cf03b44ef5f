"""The promises of the product, in plain Python: no web, no database, no clock.

Only the standard library and Babel (currency and locale data) may be imported here.
"""
