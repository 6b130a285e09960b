"""The steps: each loads its plan, lets tools run in the sandbox, checks what they made, stores it, and returns
what is to be written in the transaction that completes it."""
