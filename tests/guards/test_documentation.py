"""The documentation: every page can be reached, the reference tells of everything, and README's Python runs."""

import importlib.util
import re
from os.path import normpath
from pathlib import Path
from types import ModuleType

import pytest

import euthymia
from euthymia.evidence.claims import claim_rows
from euthymia.evidence.registry import evidence
from euthymia.results.quantities import QUANTITIES

ROOT = Path(euthymia.__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """The module that writes the reference."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages(generate) -> dict[str, str]:
    """Pages of the reference by path."""
    return generate.pages()


def listed(name: str, text: str) -> set[str]:
    """Pages that the toctrees of a page name, and those that it includes, as paths in the documentation."""
    entries = [line for block in re.findall(r"```\{toctree\}\n(.*?)```", text, re.DOTALL) for line in block.split()]
    folder = Path(name).parent
    entries += [entry.removesuffix(".md") for entry in re.findall(r"```\{include\} (\S+)", text)]
    paths = {(folder / entry) for entry in entries if not entry.startswith(":") and (folder / entry).name}
    return {normpath(path) for path in paths}


def test_every_page_is_in_a_toctree(generate, pages):
    folder = f"reference/{generate.FOLDER}"
    texts = {f"{folder}/{name}".removesuffix(".md"): text for name, text in pages.items()}
    for page in DOCS.rglob("*.md"):
        name = page.relative_to(DOCS).with_suffix("").as_posix()
        if not name.startswith(folder):
            texts[name] = page.read_text("utf-8")
    reached = {"index"} | set.union(*(listed(name, text) for name, text in texts.items()))
    assert set(texts) - reached == set()


def test_the_reference_tells_of_everything(pages):
    parameters, targets = ("".join(text for name, text in pages.items() if name.startswith(kind)) for kind in ("parameters", "targets"))
    assert [row for row in evidence().parameters if f"[`{row}`]{{#" not in parameters] == []
    assert [row for row in evidence().targets if f"[`{row}`]{{#" not in targets] == []
    assert [name for name in QUANTITIES if f"[`{name}`]{{#" not in pages["quantities.md"]] == []
    assert [row.id for group in claim_rows().values() for row in group if f"[`{row.id}`]{{#" not in pages["claims.md"]] == []


def test_the_reference_tells_of_every_command_and_public_name(pages):
    from euthymia.cli.main import app

    commands = [command for command in app if not command.startswith("-")]
    assert len(commands) >= 14
    assert [command for command in commands if f"## euthymia {command}" not in pages["command-line.md"]] == []
    public = [name for name in euthymia.__all__ if not name.startswith("__")]
    assert [name for name in public if not re.search(rf":: euthymia\.(\w+\.)*{name}$", pages["api.md"], re.MULTILINE)] == []


def test_pages_are_written_once_and_old_ones_go(generate, pages, tmp_path):
    generate.write(tmp_path, pages)
    dates = {page: page.stat().st_mtime_ns for page in tmp_path.rglob("*.md")}
    assert {page.relative_to(tmp_path).as_posix() for page in dates} == set(pages)
    (tmp_path / "claims-of-yesterday.md").write_text("gone")
    generate.write(tmp_path, pages)
    assert {page: page.stat().st_mtime_ns for page in tmp_path.rglob("*.md")} == dates


@pytest.mark.parametrize("text", ["10 % *of* <all>", "a|b", "x_y", "[0, 1]", "~ $2", "{role}"])
def test_text_of_the_evidence_is_shown_as_it_stands(generate, text):
    from markdown_it import MarkdownIt

    shown = MarkdownIt().renderInline(generate.plain(text))
    assert shown == text.replace("<", "&lt;").replace(">", "&gt;")


def test_nothing_in_the_documentation_points_out_of_the_project():
    texts = "".join(page.read_text("utf-8") for page in DOCS.rglob("*") if page.suffix in {".md", ".py", ".css"})
    assert re.findall(r"(?<![\w.])/(?:home|tmp|work|opt|root|usr)/\S*", texts) == []
    assert set(re.findall(r"https?://([^/\s]+)/", texts)) <= {"doi.org"}


def test_python_in_the_readme_runs(tmp_path, monkeypatch):
    import matplotlib.pyplot as plt

    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert blocks
    monkeypatch.chdir(tmp_path)
    plt.switch_backend("agg")
    exec(compile("\n".join(blocks), "README.md", "exec"), {})
    assert plt.gca().lines
    plt.close("all")
