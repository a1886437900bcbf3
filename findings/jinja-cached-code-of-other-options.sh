#!/usr/bin/env bash
# One would guess  Jinja's cache of compiled templates (FileSystemBytecodeCache) gives code back only to an environment
#                  that would compile the same: it is checked against the text of the template, so against all that counts.
# What happens     The key of an entry is name and file, its checksum is of the text; the options of the environment are in
#                  neither. An environment that trims blocks is given what one without had compiled, and prints the blank
#                  lines that it was told to trim, and its delimiters mean what they meant there.
# Version          Jinja2 3.1.6 (PyPI)
# Source           jinja2/bccache.py (BytecodeCache.get_cache_key, get_source_checksum, get_bucket)
# Why it matters   A new release that changes an option of its templates, but not their text, goes on printing as the old
#                  one did on every machine that has a cache, and right on every new one. The folder must carry the options.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check Jinja2==3.1.6 MarkupSafe==3.0.3
mkdir templates cache
printf '{%% for number in [1, 2] %%}\n<li>{{ number }}</li>\n{%% endfor %%}' > templates/list.html
cat > page.py <<'PYTHON'
import sys
from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader

env = Environment(
    loader=FileSystemLoader("templates"),
    bytecode_cache=FileSystemBytecodeCache(sys.argv[1]),
    trim_blocks=sys.argv[2] == "trim",
)
print(repr(env.get_template("list.html").render()))
PYTHON
plain=$(venv/bin/python page.py cache plain)
cached=$(venv/bin/python page.py cache trim)
mkdir empty
alone=$(venv/bin/python page.py empty trim)
echo "without trim_blocks                            $plain"
echo "with trim_blocks, a cache of its own           $alone"
echo "with trim_blocks, in the cache of the former   $cached"
[ "$cached" = "$plain" ] && [ "$alone" != "$plain" ] || { echo "the options are part of the key now"; exit 1; }
