#!/usr/bin/env bash
# One would guess  Asking for jsonschema's formats (`jsonschema[format-nongpl]`, which tools such as cyclonedx-bom bring)
#                  adds checks that cost something when they are asked for.
# What happens     `import jsonschema` imports rfc3987_syntax for the formats iri and iri-reference, and that builds a
#                  parser for each of the 38 rules of the grammar while it is imported: the import takes many times as
#                  long, in every process, whether a schema says "iri" or not.
# Versions         jsonschema 4.26.0, rfc3987-syntax 1.1.0, lark 1.3.1 (PyPI)
# Source           jsonschema/_format.py (imports at the top); rfc3987_syntax/syntax_helpers.py (make_syntax_validator
#                  for each of RFC3987_SYNTAX_TERMS at the top)
# Why it matters   A command line that starts a process for each command becomes twice as slow when a tool for the bill
#                  of materials is installed beside it. Tools belong into an environment of their own.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check jsonschema==4.26.0
cat > cost.py <<'PYTHON'
import subprocess, sys

def cost():
    best = 1e9
    for _ in range(3):
        run = [sys.executable, "-c", "import time; import jsonschema; print(time.process_time())"]
        best = min(best, float(subprocess.run(run, capture_output=True, text=True, check=True).stdout))
    return best

print(f"{cost():.2f}")
PYTHON
venv/bin/python cost.py > warm.txt
alone=$(venv/bin/python cost.py)
venv/bin/pip install --quiet --disable-pip-version-check rfc3987-syntax==1.1.0 lark==1.3.1
venv/bin/python cost.py > warm.txt
beside=$(venv/bin/python cost.py)
echo "import jsonschema: $alone s of CPU alone, $beside s with rfc3987-syntax beside it"
python3 -c "import sys; sys.exit(0 if $beside > 3 * $alone else 'the import is no longer many times slower')"
