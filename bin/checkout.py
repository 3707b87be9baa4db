"""Lets the executables beside it run straight from a checkout, installed or not.

Puts the checkout on sys.path and, outside of any virtual environment, the one that `make` has built.
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
ENVIRONMENT = os.path.join(ROOT, ".venv")
PACKAGES = os.path.join(ENVIRONMENT, "lib", "python{}.{}".format(*sys.version_info), "site-packages")
PYTHON = os.path.join(ENVIRONMENT, "bin", "python3")

sys.path[0] = ROOT  # was this directory

from streamtools.start import end_on_ctrl_c  # noqa: E402  found by that path

end_on_ctrl_c()
if sys.prefix == sys.base_prefix:
    if os.path.isdir(os.path.join(PACKAGES, "click")):
        sys.path.insert(1, PACKAGES)  # 20 ms cheaper than starting the environment's own interpreter
    elif os.path.exists(PYTHON) and not os.path.isdir(PACKAGES):  # built for another version of Python than this one
        os.execv(PYTHON, [PYTHON, *sys.argv])
    else:
        from importlib.util import find_spec

        if not find_spec("click"):
            tool = os.path.basename(sys.argv[0])
            sys.exit(f"{tool}: click is not installed; run 'make demo' in {ROOT}, or 'pip install {ROOT}'")
