"""Coverage-guided fuzzing: one module for each reader of what strangers send, `run` for all.

A harness is a function `one_input(data)` that raises for what must not be. What the fuzzer
found interesting is kept in corpus/, a folder for each harness, and tests/fuzz replays it.
"""
