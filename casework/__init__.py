"""The work on cases: where the register, the documents, the signatures and the diagrams meet.

`web` calls the modules of this package and reads the register; the diagrams call the operations.
"""
