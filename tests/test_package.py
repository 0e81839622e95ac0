"""Distributions: one top-level package, everything in the source, and a wheel that proves as a checkout does."""

import email
import importlib.util
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="builds distributions")
ROOT = Path(__file__).parents[1]
IN_THE_TREE = ("asymptotics", "derivations", "tests", "docs", ".ci")
LEFT_OUT = ("__pycache__", ".hypothesis")


def run(*command, **environment):
    done = subprocess.run(
        [sys.executable, *command],
        cwd=environment.pop("cwd", ROOT),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Folder with both distributions, the wheel made from the source distribution as installers do."""
    folder = tmp_path_factory.mktemp("dist")
    run("-m", "hatchling", "build", "-t", "sdist", "-d", str(folder))
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(folder, **safely)
    source = next(path for path in folder.iterdir() if path.is_dir())
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=source)
    return source, next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def hook():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names_in(folder):
    found = {
        path.relative_to(folder).as_posix()
        for top in IN_THE_TREE
        for path in (folder / top).rglob("*")
        if path.is_file() and not any(part in LEFT_OUT for part in path.parts)
    }
    return found | {path.name for path in folder.iterdir() if path.suffix in (".md", ".cff", ".toml", ".py")}


def test_the_source_distribution_is_complete(built):
    source, _ = built
    assert names_in(source) == names_in(ROOT) and (source / "LICENSE").exists()


def test_a_wheel_has_one_package(built):
    _, wheel = built
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"asymptotics"}
    inside = {
        name.removeprefix("asymptotics/") for name in names if name.startswith("asymptotics/derivations/")
    }
    assert {name for name in names_in(ROOT) if name.startswith("derivations/")} == inside
    assert "asymptotics/py.typed" in names and "asymptotics/report/paper.mplstyle" in names


def test_what_is_installed_verifies_and_renders(built, tmp_path):
    """The folder of a checkout is out of sight: what is found is in the wheel."""
    _, wheel = built
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    here = {"PYTHONPATH": str(tmp_path / "site"), "cwd": tmp_path}
    said = run("-m", "asymptotics", "verify", "marchenko-pastur", **here)
    assert "marchenko-pastur" in said
    code = (
        "import sys, asymptotics as asy; assert asy.verify('marchenko-pastur').passed;"
        "print(asy.__file__, sys.modules['asymptotics.derivations'].__file__, 'derivations' in sys.modules);"
        "print(asy.derive('random-features').digest, len(asy.cite(asy.derive('random-features')).entries))"
    )
    places, digest = run("-c", code, **here).splitlines()
    assert places.count(str(tmp_path / "site")) == 2 and places.endswith("False")
    assert int(digest.split()[1]) > 1


def test_metadata(built, hook):
    _, wheel = built
    archive = zipfile.ZipFile(wheel)
    text = archive.read(next(name for name in archive.namelist() if name.endswith("/METADATA"))).decode()
    said = email.message_from_string(text)
    addresses = dict(line.split(", ") for line in said.get_all("Project-URL"))
    assert addresses and all(url.startswith("https://") for url in addresses.values())
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert ("Repository" in addresses) == bool(hook.address_of(cited))
    assert "Typing :: Typed" in said.get_all("Classifier")
    links = re.findall(r"\]\(([^)]+)\)", said.get_payload())
    assert "docs/" in said.get_payload() and all(link.startswith("https://") for link in links)


def test_links_become_absolute_once_there_is_an_address(hook):
    page = "# Name\n\n![curve](docs/a.png)\n\n*A curve.*\n\n[how](docs/b.md), [LICENSE](LICENSE), [other](https://x.org)\n"
    assert hook.description(page, "https://host/me") == page.replace(
        "(docs/a.png)", "(https://host/me/raw/HEAD/docs/a.png)"
    ).replace("(docs/b.md)", "(https://host/me/blob/HEAD/docs/b.md)").replace(
        "(LICENSE)", "(https://host/me/blob/HEAD/LICENSE)"
    )
    assert hook.description(page, "").endswith("\n\nhow `docs/b.md`, `LICENSE`, [other](https://x.org)\n")
    assert hook.address_of("repository-code: 'https://host/me/'\n") == "https://host/me"


def test_an_upper_bound_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    needed = tomllib.loads(text)["project"]["dependencies"]
    assert [one for one in needed if "<" in one] == ["sympy>=1.14,<1.16"]
    assert re.search(r'# Capped: .*\n  "sympy', text)
