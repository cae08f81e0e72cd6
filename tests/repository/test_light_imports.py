"""`import vitral`, help, version and lists are light, and change no setting: seen from processes of their own."""

import json
import os
import subprocess
import sys

import pytest

HEAVY = ("keras", "jax", "matplotlib", "pandas", "sklearn", "scipy", "tensorflow", "torch")

REPORT = """
import json, os, sys
before = dict(os.environ)
{code}
heavy = [name for name in {heavy!r} if name in sys.modules]
changed = {{k for k in before.keys() | os.environ.keys() if before.get(k) != os.environ.get(k)}}
print(json.dumps({{"heavy": heavy, "changed": sorted(changed)}}))
"""


def look(code, folder):
    """What a fresh process has loaded and changed after running `code`."""
    environment = {key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", REPORT.format(code=code, heavy=HEAVY)],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    "code",
    [
        "import vitral; dir(vitral); vitral.__version__",
        "import vitral; vitral.networks; vitral.data; vitral.runs; vitral.probes.Weights()",
        "import vitral; vitral.VitralError, vitral.Run, vitral.open_run, vitral.load",
        "import vitral.cli",
        "from vitral.cli import main; assert main(['--version']) == 0",
        "from vitral.cli import main; assert main(['--help']) == 0",
        "from vitral.cli import main; assert main(['train', '--help']) == 0",
        "from vitral.cli import main; assert main(['sweep', '--help']) == 0",
        "from vitral.cli import main; assert main(['sweep', 'digits', '--over', 'rate=fast']) == 2",
        "from vitral.cli import main; assert main(['runs']) == 0",
        "from vitral.cli import main; assert main(['doctor-env', '--help']) == 0",
        "from vitral.cli import main; assert main(['lesson', '--help']) == 0",
        "from vitral.cli import main; assert main(['lesson', '1.2', '--export', 'pdf']) == 2",
        "from vitral.cli import main; assert main(['lesson', '9.9', '--claims']) == 2",
        "from vitral.cli import main; assert main(['train', 'digits', '--epochs', '0']) == 2",
        "from vitral.cli import main; assert main(['train', 'digist']) == 2",
    ],
)
def test_light(code, tmp_path):
    assert look(code, tmp_path) == {"heavy": [], "changed": []}
    assert list(tmp_path.iterdir()) == []
