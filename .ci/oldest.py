"""The oldest dependencies that pyproject.toml allows, as constraints for pip: ``numpy>=1.26`` is ``numpy==1.26.*``."""

import re
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = project["optional-dependencies"]
needed = [*project["dependencies"], *extras["plot"], *extras["data"]]
for requirement in needed:
    name, version = re.match(r"([\w-]+)(?:\[\w+\])?>=([\d.]+)", requirement).groups()
    print(f"{name}=={version}.*")
