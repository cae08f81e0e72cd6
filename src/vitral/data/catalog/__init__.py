"""The data sets that `vitral.load` knows: one module each, named as the data set, holding its `ENTRY`.

A new data set is one new file here: a function that returns a `Content`, and an `Entry` that declares what it is.
"""
