"""The door for programs: estimates over HTTP."""
