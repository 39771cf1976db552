"""What each rule of safety.yml finds, and what it leaves: `semgrep test` reads the comments."""

import os
import pickle
import subprocess
from subprocess import run

import joblib
import numpy as np
import yaml


def open_stored(file):
    # ruleid: stored-code
    pickle.load(file)
    # ruleid: stored-code
    joblib.load(file)
    # ruleid: stored-code
    np.load(file, allow_pickle=True)
    # ok: stored-code
    np.load(file)


def ask_a_shell(text):
    # ruleid: shell-with-a-text
    os.system(text)
    # ruleid: shell-with-a-text
    subprocess.run(text, shell=True)
    # ruleid: shell-with-a-text
    run(["sh", "-c", f"ls {text}"])
    # ok: shell-with-a-text
    run(["sh", "-c", "ls"])
    # ok: shell-with-a-text
    run(["ls", text])


def read_yaml(text):
    # ruleid: yaml-with-types
    yaml.load(text, Loader=yaml.Loader)
    # ok: yaml-with-types
    yaml.safe_load(text)
