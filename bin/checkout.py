"""Lets the executables beside it run straight from a checkout, installed or not.

Puts the checkout on sys.path and, where `make` has built one, its virtual environment.
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
ENVIRONMENT = os.path.join(ROOT, ".venv")
PACKAGES = os.path.join(ENVIRONMENT, "lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages")
PYTHON = os.path.join(ENVIRONMENT, "bin", "python3")

sys.path[0] = ROOT  # was this directory
if os.path.isdir(PACKAGES):
    sys.path.insert(1, PACKAGES)  # 20 ms cheaper than starting the environment's own interpreter
elif os.path.exists(PYTHON):  # built for another version of Python than this one
    os.execv(PYTHON, [PYTHON, *sys.argv])
