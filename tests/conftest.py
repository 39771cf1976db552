"""What holds for all tests."""

import signal

# Where the tests run in the background of a script, an interrupt is ignored, and so it would be in
# the programs that tests interrupt; what has a handler here begins there with the default.
signal.signal(signal.SIGINT, signal.default_int_handler)
