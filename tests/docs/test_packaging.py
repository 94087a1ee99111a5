"""What would be given to an index of packages: whole, small, and with a README that can be read there."""

import email
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

from tests.commands import printed_by
from tests.pages import ROOT, code_blocks, read

MAX_SDIST_BYTES = 2_000_000

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the wheel and the source distribution, the one built from the other."""
    folder = tmp_path_factory.mktemp("dist")
    printed_by("-m", "build", "--outdir", str(folder), str(ROOT), folder=folder)
    yield folder


def wheel_of(dist: Path) -> Path:
    (wheel,) = dist.glob("*.whl")
    return wheel


def metadata_of(dist: Path) -> Message:
    with zipfile.ZipFile(wheel_of(dist)) as wheel:
        (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(wheel.read(name))


def tracked(folder: str) -> set[str]:
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


def test_twine_finds_nothing_wrong(dist: Path) -> None:
    printed_by("-m", "twine", "check", "--strict", *map(str, dist.iterdir()))


def test_the_wheel_has_every_file_of_the_package(dist: Path) -> None:
    with zipfile.ZipFile(wheel_of(dist)) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert tracked("partnersim") <= packed
    assert all(name.startswith("partnersim/") for name in packed)


def test_the_source_is_small_and_has_the_documentation(dist: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    assert sdist.stat().st_size < MAX_SDIST_BYTES
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "LICENSE", "CITATION.cff", "CHANGELOG.md", *tracked("docs")} <= packed


def test_the_readme_has_nothing_that_an_index_cannot_show(dist: Path) -> None:
    """No picture, and no link to a file beside it; every program as it was."""
    text = str(metadata_of(dist).get_payload())
    links = re.findall(r"\]\(([^)\s]*)", text)
    assert [link for link in links if not re.match(r"https?:|#", link)] == []
    assert "![" not in text
    for language in ("sh", "python", "toml", "console"):
        assert code_blocks(text, language) == code_blocks(read("README.md"), language)


def test_the_wheel_works_elsewhere(dist: Path, tmp_path: Path) -> None:
    """It finds its own files where it is put; `make demo` shows that its dependencies are enough."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path)]
    subprocess.run([*pip, str(wheel_of(dist))], check=True)
    code = "import partnersim; print(partnersim.__file__)"
    where = printed_by("-c", code, folder=tmp_path, PYTHONPATH=str(tmp_path))
    assert Path(where.strip()).is_relative_to(tmp_path)
    shown = printed_by("-m", "partnersim", "scenarios", folder=tmp_path, PYTHONPATH=str(tmp_path))
    assert "integrated-care" in shown
    code = "from partnersim.report.sweep_report import description_of_model as d; print(len(d()))"
    assert int(printed_by("-c", code, folder=tmp_path, PYTHONPATH=str(tmp_path))) > 50_000


def test_only_one_number_is_the_version(dist: Path) -> None:
    import partnersim

    assert metadata_of(dist)["Version"] == partnersim.__version__
