"""Restricts a program to one core, even if it sets the affinity of its threads: FastNetMon starts a worker for each
processor and binds it there. A cpuset is stronger than this. If no cpuset can be created, taskset is used, which only
works for programs that do not bind themselves."""
import contextlib
import os
import pathlib

# Measured programs have priority over everything else on the machine.
FIRST = ["nice", "-n", "-20"]
V1, V2 = pathlib.Path("/sys/fs/cgroup/cpuset"), pathlib.Path("/sys/fs/cgroup")


class OneCore:
    """A cpuset with one processor. Its programs must have ended at the end of the `with`."""

    def __init__(self, cpu):
        self.cpu, self.folder, self.tasks = cpu, None, None

    def __enter__(self):
        for parent, tasks in ((V1, "tasks"), (V2, "cgroup.procs")):
            folder = parent / f"floodgauge-peers-{os.getpid()}"
            with contextlib.suppress(OSError):
                if parent == V2:
                    (parent / "cgroup.subtree_control").write_text("+cpuset", "ascii")
                folder.mkdir()
                self.folder = folder
                (folder / "cpuset.cpus").write_text(str(self.cpu), "ascii")
                (folder / "cpuset.mems").write_text("0", "ascii")
                self.tasks = folder / tasks
                return self
            self._remove()
        return self

    def __exit__(self, *_):
        self._remove()

    def _remove(self):
        if self.folder:
            with contextlib.suppress(OSError):
                self.folder.rmdir()
        self.folder = None

    @property
    def how(self):
        return "a cpuset" if self.tasks else "taskset"

    def prefix(self):
        """The words to put before a command, so that it runs on this core."""
        if self.tasks:
            return [*FIRST, "sh", "-c", f'echo $$ > {self.tasks}; exec "$@"', "one-core"]
        return [*FIRST, "taskset", "-c", str(self.cpu)]
