"""Moving data: from a Prefect Server into Lictor, out of a Lictor into a file, and back.

In: DSNs and files. Out: rows in a database, or a file, and a proof that they are the same: counts and checksums that each
side computes by SQL. Reads and writes by COPY, so that memory does not grow with the data. Knows the rules of no run.
"""
