"""A home that is not on this machine: the store and the publications on object storage or another file system.

``place`` is a folder that fsspec can reach, ``mirror`` keeps a folder on this machine like it, ``lock`` lets one writer
in at a time, and ``home`` is what the commands ask for. A run works in the folder on this machine as in any other home.
"""
