"""First contact with the files of a site: what they are, how they could be read, and whether what is read is fit.

``b12 init`` looks at a folder of unknown files and proposes a b12.toml; ``b12 check-source`` says how far a
configuration understands them. Everything is tried on scratch copies through the reading path of the nightly job; the
store of a home is never touched. What is told holds names of columns, formats, units, counts and pathway concepts;
a text of the files is told only when several people share it.
"""
