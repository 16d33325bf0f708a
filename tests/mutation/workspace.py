"""A copy of the source for mutmut, which mutates it, keeps its results there and takes up where it left off."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from mutmut.configuration import reset_config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import get_module_from_key, orig_function_and_class_names_from_key

from connector.local.servers import SOURCE_ROOT
from tests.mutation.parts import Part
from tests.mutation.pytest_plugin import PROCESSES

ROOT = SOURCE_ROOT / ".local" / "mutation"
_KILLED = {"killed", "timeout"}
# mutmut's process could not run the tests at all, which it calls a time-out: nothing was noticed then.
_NOT_RUN = 255
_SOURCES = ["connector", "integrations", "invoices", "payments", "exact_sandbox"]
_CONFIGURATION = """
[tool.mutmut]
source_paths = {sources}
only_mutate = {modules}
also_copy = ["templates", "manage.py", ".env.example"]
pytest_add_cli_args = ["--reuse-db", "-p", "no:cacheprovider", "-p", "tests.mutation.pytest_plugin"]
pytest_add_cli_args_test_selection = {tests}
process_isolation = "forkserver"
use_git_change_detection = false
on_dependency_change = "ignore"
track_dependencies = false
timeout_constant = 3.0
"""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed function, and what became of it. Lines are without indentation."""

    name: str
    module: str
    function: str
    status: str
    was: str = ""
    becomes: str = ""

    @property
    def is_killed(self) -> bool:
        """Whether a test failed, or did not end."""
        return self.status in _KILLED


class Workspace:
    """Where one part is mutated."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.folder = ROOT / part.name
        self.log = self.folder / "mutmut.log"

    def prepare(self) -> None:
        """This function will bring the copy up to date with the working tree, and keep earlier results."""
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        output = subprocess.run(listed, cwd=SOURCE_ROOT, check=True, capture_output=True).stdout
        names = {name for name in output.decode().split("\0") if (SOURCE_ROOT / name).is_file()}
        names.discard("")
        for path in [path for path in self.folder.rglob("*") if path.is_file()]:
            name = str(path.relative_to(self.folder)).removeprefix("mutants/")
            if path.suffix != ".pyc" and name.endswith(".py") and name not in names:
                path.unlink()
        for name in sorted(names):
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(SOURCE_ROOT / name, target)
        configuration = _CONFIGURATION.format(
            sources=json.dumps(_SOURCES),
            modules=json.dumps(self.part.modules),
            tests=json.dumps(self.part.tests),
        )
        with (self.folder / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(configuration)

    def forget(self) -> None:
        """This function will throw earlier results away."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, names: list[str] | None = None) -> None:
        """This function will test the mutants that were not tested yet, or those named; the log says how it goes.

        Raises CalledProcessError.
        """
        program = [str(Path(sys.executable).with_name("mutmut")), "run"]
        program += ["--max-children", str(PROCESSES)]
        with self.log.open("ab") as log:
            command = [*program, *(names or [])]
            subprocess.run(command, cwd=self.folder, check=True, stdout=log, stderr=log)

    def survivors(self) -> set[str]:
        """This function will return the names of the mutants that an earlier run left alive."""
        if not self.folder.exists():
            return set()
        with chdir(self.folder):
            results = {
                name: code for path in self.part.modules for name, code in _results(path).items()
            }
        return {name for name, code in results.items() if status_of(code) not in _KILLED}

    def mutants(self) -> list[Mutant]:
        """This function will return all mutants with their results; what was changed only where it was not noticed."""
        with chdir(self.folder):
            reset_config()
            return [
                _mutant(path, name, status_of(code))
                for path in self.part.modules
                for name, code in _results(path).items()
            ]


def status_of(code: int | None) -> str:
    """This function will say what an exit code means; tests that could not be run kill nothing."""
    return "not checked" if code == _NOT_RUN else status_by_exit_code[code]


def _results(path: str) -> dict[str, int | None]:
    data = SourceFileMutationData(path=Path(path))
    data.load()
    return data.exit_code_by_key


def _mutant(path: str, name: str, status: str) -> Mutant:
    function, class_name = orig_function_and_class_names_from_key(name)
    qualified = f"{class_name}.{function}" if class_name else function
    function = f"{get_module_from_key(name)}.{qualified}"
    if status in _KILLED:
        return Mutant(name, path, function, status)
    lines = get_diff_for_mutant(name, path=path).splitlines()[2:]
    was, becomes = (
        "\n".join(line[1:].strip() for line in lines if line.startswith(mark)) for mark in "-+"
    )
    return Mutant(name, path, function, status, was, becomes)
